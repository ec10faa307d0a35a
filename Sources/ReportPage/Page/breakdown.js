"use strict";

/** What the threshold does to the parts of the images: by category, source and kind of defect. */
const Breakdown = (() => {
    const most = 60;

    function parts(data, groups, key) {
        const parts = new Map();
        for (const group of groups) {
            if (group[key] === undefined) continue;
            if (!parts.has(group[key])) parts.set(group[key], []);
            parts.get(group[key]).push(group);
        }
        return [...parts].sort(([one], [other]) => one - other)
            .map(([number, groups]) => ({ name: data.scores.names[key][number], groups }));
    }

    function table(title, key, data, groups, state) {
        const { make, grouped, percent } = Text;
        const all = parts(data, groups, key);
        if (all.length < 2 && key !== "defect" || all.length === 0) return null;
        const isLabelled = groups.some((group) => group.anomalous !== undefined);
        const isDefect = key === "defect";
        const headings = isDefect ? ["images", "found", "missed", "recall"]
            : ["images", "flagged", ...(isLabelled ? ["found", "missed", "false alarms", "recall", "false-alarm rate", "AUROC"] : [])];
        const rows = all.slice(0, most).map((part) => {
            const ranking = isLabelled && !isDefect ? Scores.ranking(part.groups, false) : null;
            const cells = headings.map(() => make("td"));
            const update = () => {
                const now = Scores.tally(part.groups, state.value);
                const texts = isDefect
                    ? [grouped(now.images), grouped(now.found), grouped(now.missed), percent(now.recall)]
                    : [grouped(now.images), grouped(now.flagged), grouped(now.found), grouped(now.missed), grouped(now.falseAlarms),
                        percent(now.recall), percent(now.falseAlarmRate), ranking ? ranking.auroc.toFixed(4) : "–"];
                cells.forEach((cell, index) => { cell.textContent = texts[index]; });
            };
            return { row: make("tr", {}, make("th", { scope: "row" }, Text.name(part.name)), cells), update };
        });
        state.onchange(() => rows.forEach((row) => row.update()));
        const head = make("thead", {}, make("tr", {}, make("th", { scope: "col" }, title),
            headings.map((heading) => make("th", { scope: "col" }, heading))));
        const more = all.length > most ? make("p", { class: "dim" }, `and ${all.length - most} more, which results.csv has`) : null;
        return make("div", { class: "scroll" }, make("table", { class: "figures", id: `by-${key}` }, head,
            make("tbody", {}, rows.map((row) => row.row))), more);
    }

    function set(data, groups, state) {
        const tables = [["category", "category"], ["source", "source"], ["kind of defect", "defect"]]
            .map(([title, key]) => table(title, key, data, groups, state)).filter((table) => table !== null);
        if (tables.length === 0) return;
        Text.find("breakdown").append(...tables);
        Text.show("breakdown-part");
    }

    return { set };
})();
