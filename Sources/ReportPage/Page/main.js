"use strict";

/** Puts the page together from its data. */
(() => {
    const data = JSON.parse(document.getElementById("data").textContent);
    // Scores are Float32. As the nearest Float64 of their text they might lie below a threshold that they reach.
    for (const row of data.rows) if (row.score !== undefined) row.score = Math.fround(row.score);
    Details.set(data);
    if (data.scores.groups.length > 0) {
        const groups = Scores.groups(data.scores);
        const calibration = data.calibration === undefined ? new Float32Array() : Scores.floats(data.calibration);
        const ranking = Scores.ranking(groups);
        const state = new ThresholdState(data.threshold ?? (ranking ? ranking.best.threshold : data.suggested));
        const viewer = new Viewer(data, state);
        ThresholdPart.set(data, groups, calibration, ranking, state);
        Curves.set(data, groups, ranking, state);
        Breakdown.set(data, groups, state);
        Gallery.set(data, viewer, state);
        new ImageList(data, groups, viewer, state);
    } else if (data.rows.length > 0) {
        const state = new ThresholdState(0);
        new ImageList(data, [], new Viewer(data, state), state);
    }
    const contents = Text.find("contents");
    for (const section of document.querySelectorAll("main > section:not([hidden])")) {
        const heading = section.querySelector("h2");
        if (heading) contents.append(Text.make("a", { href: `#${section.id}` }, heading.textContent), " ");
    }
    document.body.dataset.drawn = "yes";
})();
