"use strict";

/** What is told and not played with: counts, notes, failures, drift, suspects, and what was run. */
const Details = (() => {
    function pairs(id, rows) {
        const { find, make } = Text;
        find(id).append(make("tbody", {}, rows.map(([name, value]) =>
            make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, make("bdi", {}, value))))));
    }

    function table(host, headings, rows) {
        const { make } = Text;
        host.append(make("thead", {}, make("tr", {}, headings.map((heading) => make("th", { scope: "col" }, heading)))),
            make("tbody", {}, rows.map((cells) => make("tr", {}, cells.map((cell) => make("td", {}, cell))))));
    }

    function failures(data) {
        const { find } = Text;
        if (data.failures.length === 0) return;
        const more = data.failed > data.failures.length
            ? `The first ${data.failures.length} of ${Text.grouped(data.failed)}. ` : "";
        find("failures-note").textContent = more + (data.exportCommand ? `All of them as a table: ${data.exportCommand}` : "");
        table(find("failures"), ["image", "status", "reason"], data.failures.map((row) =>
            [Text.name(row.path, row.file), row.status ?? "", Text.make("bdi", {}, row.reason ?? "")]));
        Text.show("failures-part");
    }

    function drift(data) {
        const { find, make } = Text;
        if (data.drift === undefined) return;
        find("drift").append(...data.drift.lines.map((line) => make("p", {}, line)));
        if (data.drift.map) {
            const canvas = make("canvas", { width: 1, height: 1, class: "drift", role: "img", "aria-label": "where the images have drifted" });
            const value = make("p", { class: "dim" });
            const scale = new ColorScale({ ...data.scale, usual: undefined, marksThreshold: false, first: 0, last: 2 * data.drift.limit }, 0);
            Maps.read(data.drift.map).then((map) => {
                Maps.paint(canvas, { image: null, map }, scale, { share: 1 });
                canvas.addEventListener("pointermove", (event) => {
                    const box = canvas.getBoundingClientRect();
                    const at = Maps.valueAt(map, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
                    value.textContent = `row ${at.row}, column ${at.column}: ${Text.short(at.value)}`;
                });
            });
            find("drift").append(make("div", { class: "legend" }, scale.legend("drift-colors")), canvas, value,
                make("p", { class: "dim" }, "Where the images that are not flagged differ from the model's: black where they do not; the middle of the colours is the limit."));
        }
        Text.show("drift-part");
    }

    function suspects(data) {
        const { find, make } = Text;
        if (data.suspects === undefined) return;
        const { rows, remark, page, command } = data.suspects;
        const host = make("table");
        table(host, ["score", "p", "lot", "image"], rows.map((row) =>
            [Text.short(row.score), row.pValue.toFixed(4), row.lot ?? "", Text.name(row.path, row.file)]));
        find("suspects").append(
            make("p", {}, "Images that the model was fitted on, by their scores by the model without them. Some image is always first: look for defects, and take nothing else out of the fit."),
            remark ? make("p", { class: "dim" }, remark) : null, make("div", { class: "scroll" }, host),
            page ? make("p", {}, make("a", { href: page }, "The same with overlays")) : make("p", { class: "dim" }, `With overlays: ${command}`));
        Text.show("suspects-part");
    }

    function set(data) {
        const { find, make } = Text;
        document.title = `${data.title} · ${data.directory}`;
        find("title").textContent = data.title;
        find("directory").textContent = data.directory;
        find("phase").textContent = data.phase;
        find("summary").append(...data.cards.map((card) => ThresholdPart.card(card.name, Text.grouped(card.value), card.kind)));
        find("notes").append(...data.notes.map((note) => make("li", {}, note)));
        failures(data);
        drift(data);
        suspects(data);
        pairs("facts", data.facts);
        pairs("settings", data.settings);
    }

    return { set };
})();
