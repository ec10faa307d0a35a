"""Makes anomalib/*.csv and anomalib/*.channels: scores that anomalib itself gives to solar cells.

    python make_anomalib.py ELPV_FOLDER LITE0_WEIGHTS

Needs anomalib 2.7.0 (`pip install anomalib==2.7.0`). ELPV_FOLDER holds images/, LITE0_WEIGHTS is efficientnet_lite0.pth; `scripts/setup
--weights efficientnet_lite0 --dataset elpv` fetches both. Everything from the image file to the score is anomalib's own code: its reader,
its pre-processor, its model. Only the networks' weights are put in from here, where anomalib would download others.

With --double the Gaussians are computed again in Float64 from anomalib's own features, to see how far anomalib's Float32 is from that.
"""

import csv
import pathlib
import sys

import numpy as np
import torch
from anomalib.data.utils import read_image
from anomalib.models import Padim
from torchvision.transforms.v2 import Normalize, Resize

HERE = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parents[1] / "Weights"))
from synthetic_weights import synthetic  # noqa: E402

# With this gain features of solar cells stay below 8.
GAIN = 3.0
CASES = [
    # name, backbone in timm's words, layers, side, channels kept
    ("resnet18-224", "resnet18", ["layer1", "layer2", "layer3"], 224, 100),
    ("resnet18-256", "resnet18", ["layer1", "layer2", "layer3"], 256, 100),
    ("efficientnet_lite0-256", "tf_efficientnet_lite0", ["blocks.1", "blocks.2", "blocks.4"], 256, 100),
]
TRAINING, SCORED_STEP = 240, 8


def put_weights(features, backbone, lite0):
    state = features.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    if backbone == "resnet18":
        for name in names:
            state[name] = torch.from_numpy(synthetic(name, tuple(state[name].shape), GAIN))
    else:
        # The tensors of the network's beginning follow each other in the same order in both files.
        given = [(n, t) for n, t in torch.load(lite0, map_location="cpu", weights_only=True).items()
                 if not n.endswith("num_batches_tracked")]
        for name, (_, tensor) in zip(names, given):
            assert state[name].shape == tensor.shape, name
            state[name] = tensor
    features.load_state_dict(state)


def mahalanobis_in_doubles(training, tested, epsilon):
    """Distances of `tested` from the Gaussians of `training`, both [image, channel, patch]."""
    distances = np.empty((tested.shape[0], tested.shape[2]))
    for patch in range(training.shape[2]):
        seen = training[:, :, patch].astype(np.float64)
        mean = seen.mean(axis=0)
        covariance = np.cov(seen, rowvar=False) + epsilon * np.eye(seen.shape[1])
        delta = tested[:, :, patch].astype(np.float64) - mean
        distances[:, patch] = np.sqrt(np.einsum("ij,ij->i", delta, np.linalg.solve(covariance, delta.T).T))
    return distances


def main(folder, lite0, in_doubles):
    folder = pathlib.Path(folder)
    fixtures = HERE / "elpv"
    training = (fixtures / "mono-train.txt").read_text().split()[:TRAINING]
    tested = [row["image_path"] if "image_path" in row else list(row.values())[0]
              for row in csv.DictReader((fixtures / "mono-scores.csv").open())][::SCORED_STEP]
    (HERE / "anomalib").mkdir(exist_ok=True)
    for name, backbone, layers, side, kept in CASES:
        torch.manual_seed(0)
        padim = Padim(backbone=backbone, layers=layers, pre_trained=False, n_features=kept,
                      pre_processor=Padim.configure_pre_processor((side, side)))
        steps = padim.pre_processor.transform.transforms
        assert isinstance(steps[0], Resize) and isinstance(steps[1], Normalize), steps
        model = padim.model
        put_weights(model.feature_extractor.feature_extractor, backbone, lite0)

        def embed(files):
            for file in files:
                yield padim.pre_processor.transform(read_image(folder / file, as_tensor=True)[None])

        model.train()
        model.feature_extractor.eval()
        with torch.no_grad():
            for image in embed(training):
                model(image)
            bank = torch.vstack(model.memory_bank).flatten(2).numpy() if in_doubles else None
            model.fit()
            model.eval()
            found = []
            for image in embed(tested):
                answer = model(image)
                maximum = int(answer.anomaly_map.flatten().argmax())
                found.append((float(answer.pred_score), maximum // side, maximum % side))
            if in_doubles:
                features = torch.cat([model.generate_embedding(model.feature_extractor(i)) for i in embed(tested)])
                grid = features.shape[2:]
                distances = mahalanobis_in_doubles(bank, features.flatten(2).numpy(), 0.01001)
                generator = model.anomaly_map_generator.double()
                exact = np.array([
                    float(generator.smooth_anomaly_map(generator.up_sample(
                        torch.from_numpy(image).reshape(1, 1, *grid), (side, side))).max())
                    for image in distances])
                errors = np.abs(np.array([score for score, _, _ in found]) / exact - 1)
                print(f"{name}: anomalib's Float32 is up to {errors.max():.1e} from doubles, median {np.median(errors):.1e}")
        (HERE / "anomalib" / f"{name}.channels").write_text(" ".join(map(str, sorted(model.idx.tolist()))) + "\n")
        with (HERE / "anomalib" / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["image_path", "score", "max_row", "max_column"])
            writer.writerows((path, repr(score), row, column) for path, (score, row, column) in zip(tested, found))
        print(name, min(found), max(found))


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--double"]
    main(*arguments, "--double" in sys.argv)
