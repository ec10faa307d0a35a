"use strict";

/** The list of images, which is sorted and filtered. */
class ImageList {
    static #step = 100;
    #sort = { key: "score", isFalling: true };
    #limit = ImageList.#step;

    constructor(data, groups, viewer, state) {
        Object.assign(this, { data, groups, viewer, state });
        if (data.rows.length === 0) return;
        const has = (key) => data.rows.some((row) => row[key] !== undefined);
        this.columns = [
            { key: "score", title: "score", text: (row) => row.score === undefined ? "" : Text.short(row.score) },
            { key: "status", title: "status", value: (row) => this.status(row), text: (row) => this.status(row) },
            has("anomalous") && { key: "anomalous", title: "label", text: (row) => ImageList.label(row) },
            ...["category", "defect", "source"].filter((key) => has(key) && (key !== "source" || data.scores.names.source.length > 1)).map((key) =>
                ({ key, title: key, value: (row) => data.scores.names[key][row[key]], text: (row) => data.scores.names[key][row[key]] ?? "" })),
            { key: "path", title: "image" },
        ].filter((column) => column);
        this.build();
        state.onrest(() => this.update());
        Text.show("list-part");
    }

    static label(row) {
        return row.anomalous === undefined ? "" : row.anomalous ? "anomalous" : "normal";
    }

    status(row) {
        if (row.score === undefined) return row.status ?? "to do";
        return row.score >= this.state.value ? "flagged" : "not flagged";
    }

    build() {
        const { find, make } = Text;
        const changed = () => {
            this.#limit = ImageList.#step;
            this.update();
        };
        const select = (id, title, choices) => make("label", {}, `${title} `, make("select", { id, onchange: changed },
            make("option", { value: "" }, "all"), choices.map((choice) => make("option", { value: choice }, choice))));
        const field = (id, title, properties) => make("label", {}, `${title} `, make("input", { id, oninput: changed, ...properties }));
        const statuses = ["flagged", "not flagged", "unreadable", "poison", "to do"];
        find("filters").append(...[
            field("filter-text", "Name", { type: "search" }),
            select("filter-status", "Status", statuses),
            this.column("anomalous") && select("filter-anomalous", "Label", ["normal", "anomalous"]),
            ...["category", "defect", "source"].filter((key) => this.column(key))
                .map((key) => select(`filter-${key}`, key[0].toUpperCase() + key.slice(1), this.data.scores.names[key])),
            field("filter-low", "Score from", { type: "number", step: "any" }),
            field("filter-high", "to", { type: "number", step: "any" }),
            make("button", { type: "reset" }, "Clear"),
        ].filter((part) => part));
        find("filters").addEventListener("reset", () => setTimeout(changed));
        find("filters").addEventListener("submit", (event) => event.preventDefault());
        this.headings = this.columns.map((column) => make("th", { scope: "col" },
            make("button", { type: "button", onclick: () => this.sortBy(column.key) }, column.title)));
        this.body = make("tbody");
        find("list").append(make("thead", {}, make("tr", {}, this.headings)), this.body);
        find("list-more").addEventListener("click", () => {
            this.#limit += 5 * ImageList.#step;
            this.update();
        });
        this.listPages();
    }

    column(key) {
        return this.columns.find((column) => column.key === key);
    }

    sortBy(key) {
        const isSame = this.#sort.key === key;
        this.#sort = { key, isFalling: isSame ? !this.#sort.isFalling : key === "score" };
        this.update();
    }

    /** What the filters say. */
    wanted() {
        const value = (id) => Text.find(id)?.value ?? "";
        const number = (id, none) => (value(id) === "" ? none : Number(value(id)));
        return {
            text: value("filter-text").toLowerCase(), status: value("filter-status"), label: value("filter-anomalous"),
            names: ["category", "defect", "source"].map((key) => [key, value(`filter-${key}`)]).filter(([, name]) => name !== ""),
            low: number("filter-low", -Infinity), high: number("filter-high", Infinity),
        };
    }

    matches(row, wanted) {
        const isBounded = wanted.low !== -Infinity || wanted.high !== Infinity;
        return (wanted.text === "" || row.path.toLowerCase().includes(wanted.text))
            && (wanted.status === "" || this.status(row) === wanted.status)
            && (wanted.label === "" || ImageList.label(row) === wanted.label)
            && wanted.names.every(([key, name]) => this.data.scores.names[key][row[key]] === name)
            && (!isBounded || (row.score >= wanted.low && row.score <= wanted.high));
    }

    /** Of all images of the job, whether they are listed or not; null where names are looked for, which only the list has. */
    countAll(wanted) {
        if (wanted.text !== "" || !["", "flagged", "not flagged"].includes(wanted.status)) return null;
        const from = Math.max(wanted.low, wanted.status === "flagged" ? this.state.value : -Infinity);
        const end = wanted.status === "not flagged" ? this.state.value : Infinity;
        const count = (scores) => {
            // What is above: at least the threshold, or more than the highest that is wanted.
            let above = 0;
            if (end !== Infinity) above = Scores.atLeast(scores, end);
            if (wanted.high !== Infinity) {
                const rounded = Math.fround(wanted.high);
                above = Math.max(above, Scores.atLeast(scores, rounded > wanted.high ? rounded : Scores.nextUp(rounded)));
            }
            const low = from === -Infinity ? scores.length : Scores.atLeast(scores, from);
            return Math.max(0, low - above);
        };
        return this.groups.filter((group) => (wanted.label === "" || ImageList.label(group) === wanted.label)
            && wanted.names.every(([key, name]) => this.data.scores.names[key][group[key]] === name))
            .reduce((sum, group) => sum + count(group.scores), 0);
    }

    sorted(rows) {
        const { key, isFalling } = this.#sort;
        const column = this.column(key);
        const value = column.value ?? ((row) => row[key]);
        const compare = (one, other) => {
            const [left, right] = [value(one), value(other)];
            // What has no value is last either way.
            if (left === undefined || right === undefined) return (left === undefined) - (right === undefined);
            const order = typeof left === "string" ? left.localeCompare(right, "en", { numeric: true }) : left - right;
            return isFalling ? -order : order;
        };
        return rows.slice().sort((one, other) => compare(one, other) || one.id - other.id);
    }

    update() {
        const { find, make, grouped } = Text;
        const wanted = this.wanted();
        const rows = this.sorted(this.data.rows.filter((row) => this.matches(row, wanted)));
        const shown = rows.slice(0, this.#limit);
        this.columns.forEach((column, index) => {
            const isSorted = column.key === this.#sort.key;
            this.headings[index].setAttribute("aria-sort", !isSorted ? "none" : this.#sort.isFalling ? "descending" : "ascending");
        });
        this.body.replaceChildren(...shown.map((row, index) => make("tr", {}, this.columns.map((column) => column.key === "path"
            ? make("td", {}, make("button", { type: "button", class: "link", onclick: () => this.viewer.open(rows, index) },
                Text.name(row.path, row.file)))
            : make("td", { class: column.key }, make("bdi", {}, column.text(row)))))));
        find("list-more").hidden = shown.length === rows.length;
        const all = this.countAll(wanted);
        const isPart = this.data.rows.length < this.data.total;
        find("list-count").textContent = `${grouped(rows.length)} of the ${grouped(this.data.rows.length)} images listed here match`
            + (isPart ? `; ${all === null ? "" : `of all ${grouped(this.data.total)} images ${grouped(all)} with a score do; `}`
                + "this page lists the highest scores, the worst misses and false alarms, and a sample of the others" : "") + ".";
    }

    /** The pages that have all images. */
    listPages() {
        const { find, make } = Text;
        const pages = this.data.pages;
        if (pages.length === 0) return;
        const jump = make("input", { id: "page-score", type: "number", step: "any", min: 0 });
        const go = make("a", { id: "page-link" });
        const point = () => {
            const score = jump.value === "" ? this.state.value : Number(jump.value);
            const page = pages.find((page) => page.lowest !== undefined && page.lowest <= score) ?? pages[pages.length - 1];
            go.setAttribute("href", page.file);
            go.textContent = `page ${page.number} of ${pages.length}`;
        };
        jump.addEventListener("input", point);
        this.state.onchange(point);
        find("pages").append(make("p", {}, `All ${Text.grouped(this.data.total)} images, by score, are on ${pages.length} pages: `,
            make("a", { href: pages[0].file }, "the first"), ", ", make("a", { href: pages[pages.length - 1].file }, "the last"),
            make("label", {}, ", and at the score ", jump), " ", go));
    }
}
