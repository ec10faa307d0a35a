"use strict";

/** One image at a time: the image beside its map beside both, with the map's value below the pointer. */
class Viewer {
    #rows = [];
    #index = 0;
    #opened = null;
    #canvases = [];
    #cursor = null;

    constructor(data, state) {
        [this.data, this.state] = [data, state];
        const { find } = Text;
        this.dialog = find("viewer");
        find("viewer-close").addEventListener("click", () => this.dialog.close());
        find("viewer-previous").addEventListener("click", () => this.step(-1));
        find("viewer-next").addEventListener("click", () => this.step(1));
        for (const id of ["viewer-mode", "viewer-share", "viewer-regions"]) find(id).addEventListener("input", () => this.paint());
        this.dialog.addEventListener("keydown", (event) => this.key(event));
        state.onchange(() => { if (this.dialog.open) this.paint(); });
    }

    /** - rows: those that next and previous go through. */
    open(rows, index) {
        [this.#rows, this.#index] = [rows, index];
        if (!this.dialog.open) this.dialog.showModal();
        this.show();
    }

    step(by) {
        const next = this.#index + by;
        if (next < 0 || next >= this.#rows.length) return;
        this.#index = next;
        this.show();
    }

    key(event) {
        if (event.target.matches("input, select")) return;
        if (event.target.matches("canvas") && this.moveCursor(event)) return;
        if (event.key === "ArrowLeft") this.step(-1);
        else if (event.key === "ArrowRight") this.step(1);
        else return;
        event.preventDefault();
    }

    show() {
        const { find, make } = Text;
        const row = this.#rows[this.#index];
        const picture = this.data.pictures[row.id];
        [this.#opened, this.#canvases, this.#cursor] = [null, [], null];
        find("viewer-name").replaceChildren(Text.name(row.path, row.file));
        find("viewer-facts").replaceChildren(...Gallery.remarks(row, this.state).filter((part) => part), ...this.facts(row));
        find("viewer-previous").disabled = this.#index === 0;
        find("viewer-next").disabled = this.#index === this.#rows.length - 1;
        find("viewer-value").textContent = "";
        const has = { image: Boolean(picture?.image), map: Boolean(picture?.map) };
        find("viewer-controls").hidden = !has.map;
        find("viewer-legend").hidden = !has.map;
        find("viewer-note").textContent = picture?.note
            ?? (picture ? "" : "The picture of this image is not in this page, which has those of the first images of each list."
                + (row.overlay || row.map ? "" : " It has no overlay and no map beside the page either."));
        const panes = find("viewer-pictures");
        if (!has.image && !has.map) {
            panes.replaceChildren(row.overlay ? make("figure", {}, make("img", { src: row.overlay, alt: "overlay" }),
                make("figcaption", {}, "overlay, as the job wrote it")) : make("span", { class: "empty" }, "no picture"));
            return;
        }
        const kinds = [has.image ? ["image", 0] : null, has.map ? ["map", 1] : null, has.image && has.map ? ["overlay", 0.5] : null];
        panes.replaceChildren(...kinds.filter((kind) => kind).map(([name, share]) => {
            const canvas = make("canvas", { width: 1, height: 1, tabindex: has.map ? 0 : null, role: "img", "aria-label": name });
            if (has.map) {
                canvas.addEventListener("pointermove", (event) => this.point(event, canvas));
                canvas.addEventListener("pointerdown", (event) => this.point(event, canvas));
            }
            this.#canvases.push({ name, share, canvas });
            return make("figure", {}, canvas, make("figcaption", {}, name));
        }));
        Maps.open(picture).then((opened) => {
            if (this.#rows[this.#index] !== row) return;
            this.#opened = opened;
            this.paint();
        }, (error) => { find("viewer-note").textContent = error.message; });
    }

    facts(row) {
        const { make } = Text;
        const names = this.data.scores.names;
        const facts = [
            row.pValue === undefined ? null : `p ${Text.short(row.pValue)}`,
            row.row === undefined ? null : `highest at row ${row.row}, column ${row.column}`,
            row.category === undefined ? null : names.category[row.category],
            row.defect === undefined ? null : names.defect[row.defect],
            row.source === undefined || names.source.length < 2 ? null : names.source[row.source],
            row.reason,
        ].filter((fact) => fact);
        const link = (href, text) => [" ", make("a", { href }, text)];
        return [...facts.flatMap((fact) => [" · ", make("bdi", {}, fact)]), row.overlay ? link(row.overlay, "overlay") : null,
            row.map ? link(row.map, "map") : null].flat().filter((part) => part);
    }

    paint() {
        if (!this.#opened) return;
        const { find } = Text;
        const scale = new ColorScale(this.data.scale, this.state.value);
        const marks = this.data.scale.marksThreshold && find("viewer-regions").checked;
        for (const { name, share, canvas } of this.#canvases) {
            const isOverlay = name === "overlay";
            Maps.paint(canvas, this.#opened, scale, {
                share: isOverlay ? Number(find("viewer-share").value) / 100 : share,
                wipe: isOverlay && find("viewer-mode").value === "wipe",
                threshold: marks && name !== "image" ? this.state.value : null,
            });
        }
        find("viewer-regions").parentElement.hidden = !this.data.scale.marksThreshold;
        if (this.#opened.map) find("viewer-legend").replaceChildren(scale.legend("viewer-colors"));
        this.dialog.dataset.painted = String(this.#rows[this.#index].id);
    }

    point(event, canvas) {
        if (!this.#opened?.map) return;
        const box = canvas.getBoundingClientRect();
        this.tell((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }

    /** Arrow keys move a place through the map. */
    moveCursor(event) {
        const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        if (!this.#opened?.map || !(event.key in steps)) return false;
        const { width, height } = this.#opened.map;
        const [across, down] = this.#cursor ?? [0.5, 0.5];
        const stride = event.shiftKey ? 8 : 1;
        this.tell(across + (stride * steps[event.key][0]) / width, down + (stride * steps[event.key][1]) / height);
        event.preventDefault();
        return true;
    }

    tell(across, down) {
        const inside = (share) => Math.min(1 - 1e-9, Math.max(0, share));
        this.#cursor = [inside(across), inside(down)];
        const { map } = this.#opened;
        const { row, column, value } = Maps.valueAt(map, ...this.#cursor);
        const place = `row ${row}, column ${column} of ${map.height} × ${map.width}: `;
        const reaches = this.data.scale.marksThreshold && value >= this.state.value ? ", reaches the threshold" : "";
        Text.find("viewer-value").textContent = place + (value === null ? "does not count"
            : `distance ${Text.short(value)} (±${(map.step / 2).toPrecision(1)})${reaches}`);
    }
}
