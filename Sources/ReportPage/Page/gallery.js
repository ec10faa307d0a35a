"use strict";

/** Small pictures: the worst misses and false alarms first, then the highest scores. */
const Gallery = (() => {
    const most = 12;

    /** What there is to say of an image in a line. */
    function remarks(row, state) {
        const { make } = Text;
        const isFlagged = row.score !== undefined && row.score >= state.value;
        return [
            make("b", {}, row.score === undefined ? row.status ?? "to do" : Text.short(row.score)), " ",
            isFlagged ? make("em", { class: "tag alarm" }, "flagged") : null, " ",
            row.anomalous === undefined ? null : make("em", { class: "tag" }, row.anomalous ? "anomalous" : "normal"),
        ];
    }

    function paintLater(canvas, picture, data, state) {
        const watch = new IntersectionObserver((entries) => {
            if (!entries.some((entry) => entry.isIntersecting)) return;
            watch.disconnect();
            Maps.open(picture).then((opened) => {
                const share = opened.image && opened.map ? 0.5 : 1;
                Maps.paint(canvas, opened, new ColorScale(data.scale, state.value), { share });
                canvas.dataset.painted = "yes";
            }, () => { canvas.title = "the picture cannot be shown"; });
        }, { rootMargin: "400px" });
        watch.observe(canvas);
    }

    function article(row, data, state, open) {
        const { make } = Text;
        const picture = data.pictures[row.id];
        let shown;
        if (picture && (picture.image || picture.map)) {
            shown = make("canvas", { width: 1, height: 1 });
            paintLater(shown, picture, data, state);
        } else if (row.overlay) {
            shown = make("img", { src: row.overlay, alt: "", loading: "lazy" });
        } else {
            shown = make("span", { class: "empty" }, picture?.note ?? "no picture");
        }
        return make("article", {},
            make("button", { type: "button", class: "picture", onclick: open, "aria-label": `open ${row.path}` }, shown),
            make("p", {}, remarks(row, state)), make("p", {}, Text.name(row.path, row.file)));
    }

    /** The three lists at a threshold. */
    function lists(rows, state) {
        const scored = rows.filter((row) => row.score !== undefined);
        const high = (one, other) => other.score - one.score || one.id - other.id;
        return [
            ["Worst misses: anomalous, and the lowest scores",
                scored.filter((row) => row.anomalous === true && row.score < state.value).sort((one, other) => -high(one, other))],
            ["Worst false alarms: normal, and the highest scores",
                scored.filter((row) => row.anomalous === false && row.score >= state.value).sort(high)],
            ["Highest scores", scored.slice().sort(high)],
        ];
    }

    function set(data, viewer, state) {
        const { find, make } = Text;
        if (data.rows.every((row) => row.score === undefined)) return;
        state.onrest(() => {
            find("legend").replaceChildren(new ColorScale(data.scale, state.value).legend("colors"));
            find("gallery").replaceChildren(...lists(data.rows, state).filter(([, rows]) => rows.length > 0).flatMap(([title, rows]) => {
                const shown = rows.slice(0, title.startsWith("Highest") ? 2 * most : most);
                return [make("h3", {}, title), make("div", { class: "gallery" }, shown.map((row, index) =>
                    article(row, data, state, () => viewer.open(shown, index))))];
            }));
        });
        Text.show("gallery-part");
    }

    return { set, remarks };
})();
