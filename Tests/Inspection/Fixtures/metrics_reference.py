"""Prints the constants of RankingMetricsTests and PixelTallyTests, by scikit-learn 1.9 and SciPy 1.17.

Run it in its own folder. The same SplitMix64 makes the same numbers in the tests.
"""
import numpy as np, csv
from sklearn.metrics import roc_auc_score, average_precision_score, precision_recall_curve
from scipy.ndimage import label
M=(1<<64)-1
class SM:
    def __init__(s,seed): s.s=seed&M
    def next(s):
        s.s=(s.s+0x9E3779B97F4A7C15)&M; z=s.s
        z=((z^(z>>30))*0xBF58476D1CE4E5B9)&M; z=((z^(z>>27))*0x94D049BB133111EB)&M
        return z^(z>>31)
    def below(s,n): return s.next()%n
def rank(scores,labels):
    p,r,t=precision_recall_curve(labels,scores)
    f=[2*a*b/(a+b) if a+b>0 else 0 for a,b in zip(p,r)][:-1]
    # highest threshold reaching best
    best=max(f); th=max(tt for ff,tt in zip(f,t) if abs(ff-best)<1e-12)
    return repr(float(roc_auc_score(labels,scores))),repr(float(average_precision_score(labels,scores))),repr(float(best)),repr(float(th))
for k in ("mono","poly"):
    rows=list(csv.DictReader(open(f"{k}-scores.csv")))
    s=np.array([np.float32(r["score"]) for r in rows]); l=np.array([int(r["defective"]) for r in rows])
    print(k,len(s),rank(s,l))
g=SM(7); s=[];l=[]
for i in range(500):
    lab=1 if g.below(4)==0 else 0
    s.append((g.below(40)+(6*lab))/4); l.append(lab)
print("ties",rank(np.array(s),np.array(l)))
# maps
g=SM(11); W,H,N=31,23,9
maps=[];masks=[]
for n in range(N):
    mask=np.zeros((H,W),bool)
    for b in range(n%4):
        x0=g.below(W-6); y0=g.below(H-6); w=1+g.below(6); h=1+g.below(6)
        mask[y0:y0+h,x0:x0+w]=True
        # a diagonal tail, which only touches at corners
        for d in range(3):
            if y0+h+d<H and x0+w+d<W: mask[y0+h+d,x0+w+d]=True
    m=np.zeros((H,W))
    for y in range(H):
        for x in range(W):
            m[y,x]=(g.below(160)+ (g.below(90) if mask[y,x] else 0))/16
    maps.append(m);masks.append(mask)
v=np.concatenate([m.ravel() for m in maps]); t=np.concatenate([m.ravel() for m in masks]).astype(int)
print("pixels",rank(v,t), t.sum())
regions=[]
for m,k in zip(maps,masks):
    lab,n=label(k,structure=np.ones((3,3)))
    for i in range(1,n+1): regions.append(np.sort(m[lab==i]))
neg=np.sort(v[t==0])
def aupro(limit):
    ths=np.unique(v)[::-1]
    fpr=[0.0];pro=[0.0]
    for th in ths:
        fpr.append((neg>=th).sum()/len(neg)); pro.append(np.mean([(r>=th).sum()/len(r) for r in regions]))
    fpr=np.array(fpr);pro=np.array(pro)
    k=np.searchsorted(fpr,limit,side='right')-1
    f=list(fpr[:k+1]);p=list(pro[:k+1])
    if f[-1]<limit:
        p.append(p[-1]+(pro[k+1]-pro[k])*(limit-fpr[k])/(fpr[k+1]-fpr[k])); f.append(limit)
    return np.trapezoid(p,f)/limit
print("regions",len(regions),"aupro .3",repr(float(aupro(.3)))," .05",repr(float(aupro(.05))),"1",repr(float(aupro(1.0))))
