"use strict";

/** The curves over all thresholds, with the present one as a point. */
const Curves = (() => {
    const [side, margin] = [300, 40];

    /** At most about 600 points: what lies nearer together is no other pixel. */
    function thinned(points) {
        const kept = [];
        for (const [index, point] of points.entries()) {
            const last = kept[kept.length - 1];
            const isFar = !last || Math.abs(point[0] - last[0]) + Math.abs(point[1] - last[1]) >= 1 / 300;
            if (isFar || index === points.length - 1) kept.push(point);
        }
        return kept;
    }

    const place = (share) => ({ x: margin + share[0] * side, y: 12 + (1 - share[1]) * side });

    /** - points: [across, up], both shares. - limit: of the area that counts, where it is not all. */
    function chart(title, [across, up], points, { area, limit = 1, stretch = 1 }) {
        const { draw, make } = Text;
        const scaled = thinned(points.map(([x, y]) => [x * stretch, y]).filter(([x]) => x <= 1));
        const path = scaled.map((share, index) => {
            const { x, y } = place(share);
            return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
        }).join("");
        const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
            const [vertical, horizontal] = [place([share, 0]), place([0, share])];
            return [
                draw("line", { x1: vertical.x, x2: vertical.x, y1: 12, y2: 12 + side, class: "grid" }),
                draw("line", { x1: margin, x2: margin + side, y1: horizontal.y, y2: horizontal.y, class: "grid" }),
                draw("text", { x: vertical.x, y: side + 28, "text-anchor": "middle" }, Text.short(share / stretch)),
                draw("text", { x: margin - 6, y: horizontal.y + 4, "text-anchor": "end" }, Text.short(share)),
            ];
        });
        const dot = draw("circle", { r: 5, class: "now", visibility: "hidden" });
        const svg = draw("svg", { viewBox: `0 0 ${side + margin + 14} ${side + 50}`, role: "img", "aria-label": `${title}, ${area}` },
            grid, draw("path", { d: path, class: "curve" }), dot,
            draw("text", { x: margin + side / 2, y: side + 45, "text-anchor": "middle" }, across),
            draw("text", { x: 10, y: 12 + side / 2, "text-anchor": "middle", transform: `rotate(-90 10 ${12 + side / 2})` }, up));
        const figure = make("figure", {}, make("figcaption", {}, make("b", {}, title), ` ${area}`), svg);
        const move = (share) => {
            const at = share && share[0] * stretch <= 1 ? place([share[0] * stretch, share[1]]) : null;
            dot.setAttribute("visibility", at ? "visible" : "hidden");
            if (at) {
                dot.setAttribute("cx", at.x);
                dot.setAttribute("cy", at.y);
            }
        };
        return { figure, move };
    }

    function set(data, groups, ranking, state) {
        const { find, make } = Text;
        const moves = [];
        if (ranking) {
            const { points, normal, anomalous } = ranking;
            const roc = chart("ROC", ["false-alarm rate", "recall"],
                [[0, 0], ...points.map((point) => [point.falseAlarms / normal, point.found / anomalous])],
                { area: `area ${ranking.auroc.toFixed(5)}` });
            const precision = chart("Precision and recall", ["recall", "precision"],
                points.filter((point) => point.found > 0)
                    .map((point) => [point.found / anomalous, point.found / (point.found + point.falseAlarms)]),
                { area: `average precision ${ranking.averagePrecision.toFixed(5)}` });
            find("curves").append(roc.figure, precision.figure);
            moves.push((now) => roc.move([now.falseAlarmRate, now.recall]),
                (now) => precision.move(now.precision === null ? null : [now.recall, now.precision]));
        }
        if (data.overlap) {
            const { points, limit, area } = data.overlap;
            const overlap = chart("PRO", ["false positive rate of pixels", "overlap of regions"], points,
                { area: `area ${area.toFixed(5)} up to ${Text.short(limit)}`, stretch: 1 / limit });
            find("curves").append(overlap.figure);
        }
        state.onchange(() => {
            const now = Scores.tally(groups, state.value);
            for (const move of moves) move(now);
        });
        find("metrics").append(make("tbody", {}, data.metrics.map(([name, value]) =>
            make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)))));
        if (ranking || data.metrics.length > 0) Text.show("curves-part");
    }

    return { set };
})();
