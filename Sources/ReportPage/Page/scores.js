"use strict";

/**
 * All scores of the job, and what a threshold makes of them. The images are in groups of one label, source, category and kind of defect,
 * and the scores of each group are in order: to count at a threshold is a search in each group, however many images there are.
 */
const Scores = (() => {
    function bytes(base64) {
        const text = atob(base64);
        const result = new Uint8Array(text.length);
        for (let index = 0; index < text.length; index += 1) result[index] = text.charCodeAt(index);
        return result;
    }

    /** Float32 numbers, little-endian. */
    function floats(base64) {
        const view = new DataView(bytes(base64).buffer);
        const result = new Float32Array(view.byteLength / 4);
        for (let index = 0; index < result.length; index += 1) result[index] = view.getFloat32(4 * index, true);
        return result;
    }

    /** The groups of the page's data, each with its scores, highest first. */
    function groups(data) {
        const all = floats(data.scores);
        let start = 0;
        return data.groups.map((group) => {
            const scores = all.subarray(start, start + group.images);
            start += group.images;
            return { ...group, scores };
        });
    }

    /** How many of the scores, highest first, are at least this high. */
    function atLeast(scores, threshold) {
        let low = 0;
        let high = scores.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (scores[middle] >= threshold) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    const share = (part, whole) => (whole > 0 ? part / whole : null);

    /** What the threshold does to the images of the groups. A threshold is a Float32, as scores are. */
    function tally(groups, threshold) {
        const limit = Math.fround(threshold);
        const result = { images: 0, flagged: 0, found: 0, missed: 0, falseAlarms: 0, passed: 0 };
        for (const group of groups) {
            const flagged = atLeast(group.scores, limit);
            const rest = group.scores.length - flagged;
            result.images += group.scores.length;
            result.flagged += flagged;
            if (group.anomalous === true) {
                result.found += flagged;
                result.missed += rest;
            } else if (group.anomalous === false) {
                result.falseAlarms += flagged;
                result.passed += rest;
            }
        }
        result.precision = share(result.found, result.found + result.falseAlarms);
        result.recall = share(result.found, result.found + result.missed);
        result.falseAlarmRate = share(result.falseAlarms, result.falseAlarms + result.passed);
        result.f1 = share(2 * result.found, 2 * result.found + result.missed + result.falseAlarms);
        return result;
    }

    /** The scores of one label in all groups, highest first. */
    function ofLabel(groups, anomalous) {
        const chosen = groups.filter((group) => group.anomalous === anomalous);
        const result = new Float32Array(chosen.reduce((sum, group) => sum + group.scores.length, 0));
        let start = 0;
        for (const group of chosen) {
            result.set(group.scores, start);
            start += group.scores.length;
        }
        return result.sort().reverse();
    }

    /**
     * How well the scores part anomalous from normal, over all thresholds.
     * Returns null unless there are both. `points` are by falling threshold: { threshold, falseAlarms, found } as counts; they are
     * left out where only the areas are asked for.
     */
    function ranking(groups, keepsPoints = true) {
        const normal = ofLabel(groups, false);
        const anomalous = ofLabel(groups, true);
        if (normal.length === 0 || anomalous.length === 0) return null;
        const points = [];
        let [falseAlarms, found, pairs, precisionArea] = [0, 0, 0, 0];
        let best = { f1: -1, threshold: 0 };
        while (falseAlarms < normal.length || found < anomalous.length) {
            const threshold = Math.max(
                falseAlarms < normal.length ? normal[falseAlarms] : -Infinity,
                found < anomalous.length ? anomalous[found] : -Infinity);
            const before = { falseAlarms, found };
            while (falseAlarms < normal.length && normal[falseAlarms] === threshold) falseAlarms += 1;
            while (found < anomalous.length && anomalous[found] === threshold) found += 1;
            pairs += (falseAlarms - before.falseAlarms) * (before.found + found);
            precisionArea += ((found - before.found) / anomalous.length) * (found / (found + falseAlarms));
            const f1 = (2 * found) / (found + falseAlarms + anomalous.length);
            if (f1 > best.f1) best = { f1, threshold };
            if (keepsPoints) points.push({ threshold, falseAlarms, found });
        }
        return {
            points, normal: normal.length, anomalous: anomalous.length, best,
            auroc: pairs / (2 * normal.length * anomalous.length), averagePrecision: precisionArea,
            lowestAnomalous: anomalous[anomalous.length - 1], highestNormal: normal[0],
        };
    }

    /** The next greater Float32 of a number that is not negative. */
    function nextUp(number) {
        const view = new DataView(new ArrayBuffer(4));
        view.setFloat32(0, number);
        view.setUint32(0, view.getUint32(0) + 1);
        return view.getFloat32(0);
    }

    return { bytes, floats, groups, atLeast, tally, ranking, nextUp };
})();
