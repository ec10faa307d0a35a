"use strict";

/** The histogram of the scores, with the threshold as a line that is dragged, or moved by keys. */
class Histogram {
    static #bars = 96;
    static #height = 260;

    /** - calibration: scores of normal images by the model without them, highest first; empty where there are none. */
    constructor(host, groups, calibration, state) {
        this.host = host;
        this.state = state;
        this.groups = groups;
        this.calibration = calibration;
        this.isLogarithmic = true;
        this.isLabelled = groups.some((group) => group.anomalous === true);
        const ends = groups.filter((group) => group.scores.length > 0)
            .flatMap((group) => [group.scores[0], group.scores[group.scores.length - 1]]);
        const [low, high] = [Math.min(...ends, state.value), Math.max(...ends, state.value)];
        const edge = (high - low || Math.max(high, 1)) * 0.04;
        [this.low, this.high] = [Math.max(0, low - edge), high + edge];
        this.count();
        this.draw();
        new ResizeObserver(() => this.draw()).observe(host);
        state.onchange(() => this.move());
    }

    count() {
        const empty = () => new Uint32Array(Histogram.#bars);
        this.up = empty();
        this.down = empty();
        this.normal = empty();
        const add = (bars, scores) => {
            for (const score of scores) bars[this.bar(score)] += 1;
        };
        for (const group of this.groups) add(group.anomalous === true ? this.down : this.up, group.scores);
        add(this.normal, this.calibration.filter((score) => score >= this.low && score <= this.high));
    }

    bar(score) {
        const place = Math.floor(((score - this.low) / (this.high - this.low)) * Histogram.#bars);
        return Math.min(Histogram.#bars - 1, Math.max(0, place));
    }

    /** Widths are those of the page, so that text is readable on a phone. */
    draw() {
        const { draw } = Text;
        this.width = Math.max(280, this.host.clientWidth);
        const [top, foot] = [26, Histogram.#height - 24];
        const most = Math.max(1, ...this.up, ...this.down);
        const middle = this.isLabelled ? top + (foot - top) * 0.6 : foot;
        const tall = (count, room) => count === 0 ? 0 : Math.max(1, room * (this.isLogarithmic
            ? Math.log1p(count) / Math.log1p(most) : count / most));
        const step = (this.width - 2 * Histogram.margin) / Histogram.#bars;
        const parts = [];
        for (const tick of this.ticks()) {
            const x = this.x(tick);
            parts.push(draw("line", { x1: x, x2: x, y1: top, y2: foot, class: "grid" }),
                draw("text", { x, y: foot + 18, "text-anchor": "middle" }, Text.short(tick)));
        }
        const room = { up: middle - top, down: foot - middle };
        const curve = this.normal.length && this.calibration.length
            ? this.outline(step, middle, room.up) : null;
        for (let bar = 0; bar < Histogram.#bars; bar += 1) {
            const from = this.low + (bar / Histogram.#bars) * (this.high - this.low);
            const to = this.low + ((bar + 1) / Histogram.#bars) * (this.high - this.low);
            for (const [kind, count, room_] of [["normal", this.up[bar], room.up], ["anomalous", this.down[bar], room.down]]) {
                if (count === 0) continue;
                const height = tall(count, room_);
                const what = this.isLabelled ? ` ${kind === "normal" ? "normal or without a label" : "anomalous"}` : "";
                parts.push(draw("rect", {
                    x: Histogram.margin + bar * step, width: Math.max(1, step - 1), height, class: kind,
                    y: kind === "normal" ? middle - height : middle,
                }, draw("title", {}, `${Text.short(from)} to ${Text.short(to)}: ${Text.grouped(count)}${what}`)));
            }
        }
        parts.push(draw("line", { x1: Histogram.margin, x2: this.width - Histogram.margin, y1: middle, y2: middle, class: "axis" }));
        this.line = draw("line", { y1: top - 4, y2: foot, class: "threshold" });
        this.knob = draw("circle", { cy: top - 10, r: 9 });
        this.shade = draw("rect", { y: top, height: foot - top, class: "flagged" });
        this.handle = draw("g", {
            class: "handle", role: "slider", tabindex: 0, "aria-label": "Threshold", "aria-orientation": "horizontal",
            "aria-valuemin": Text.exact(this.low), "aria-valuemax": Text.exact(this.high), onkeydown: (event) => this.key(event),
        }, this.line, this.knob);
        const hadFocus = this.host.contains(document.activeElement);
        const svg = draw("svg", {
            viewBox: `0 0 ${this.width} ${Histogram.#height}`, width: this.width, height: Histogram.#height,
            onpointerdown: (event) => this.drag(event, svg),
        }, this.shade, parts, curve, this.handle);
        this.host.replaceChildren(svg);
        this.move();
        if (hadFocus) this.handle.focus();
    }

    static margin = 14;

    /** The calibration as a line, brought to the height of the images' bars. */
    outline(step, middle, room) {
        const most = Math.max(1, ...this.normal);
        const steps = Array.from(this.normal, (count, bar) => {
            const share = this.isLogarithmic ? Math.log1p(count) / Math.log1p(most) : count / most;
            const y = (middle - room * share).toFixed(1);
            return `${bar === 0 ? "M" : "L"}${(Histogram.margin + bar * step).toFixed(1)} ${y}h${step.toFixed(1)}`;
        });
        return Text.draw("path", { d: steps.join(""), class: "calibration" });
    }

    x(score) {
        return Histogram.margin + ((score - this.low) / (this.high - this.low)) * (this.width - 2 * Histogram.margin);
    }

    /** Round numbers, about as many as there is room for. */
    ticks() {
        const rough = (this.high - this.low) / Math.max(2, Math.floor(this.width / 90));
        const decade = 10 ** Math.floor(Math.log10(rough));
        const step = [1, 2, 5, 10].map((factor) => factor * decade).find((size) => size >= rough);
        const ticks = [];
        for (let tick = Math.ceil(this.low / step); tick * step <= this.high; tick += 1) ticks.push(tick * step);
        return ticks;
    }

    move() {
        if (!this.handle) return;
        const x = Math.min(this.width - Histogram.margin, Math.max(Histogram.margin, this.x(this.state.value)));
        this.line.setAttribute("x1", x);
        this.line.setAttribute("x2", x);
        this.knob.setAttribute("cx", x);
        this.shade.setAttribute("x", x);
        this.shade.setAttribute("width", Math.max(0, this.width - Histogram.margin - x));
        const { flagged, images } = Scores.tally(this.groups, this.state.value);
        this.handle.setAttribute("aria-valuenow", Text.exact(this.state.value));
        this.handle.setAttribute("aria-valuetext", `${Text.exact(this.state.value)}, flags ${flagged} of ${images} images`);
    }

    /** As few digits as the eye tells apart, so that the command line stays short. */
    set(value) {
        const step = 10 ** Math.floor(Math.log10((this.high - this.low) / 500));
        const rounded = Number((Math.round(value / step) * step).toPrecision(9));
        this.state.set(Math.min(this.high, Math.max(this.low, rounded)));
    }

    drag(event, svg) {
        if (event.button > 0) return;
        const follow = (moved) => {
            const box = svg.getBoundingClientRect();
            const x = ((moved.clientX - box.left) / box.width) * this.width;
            const share = (x - Histogram.margin) / (this.width - 2 * Histogram.margin);
            this.set(this.low + share * (this.high - this.low));
        };
        event.preventDefault();
        this.handle.focus();
        svg.setPointerCapture(event.pointerId);
        const end = () => {
            svg.removeEventListener("pointermove", follow);
            for (const name of ["pointerup", "pointercancel"]) svg.removeEventListener(name, end);
        };
        svg.addEventListener("pointermove", follow);
        for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, end);
        follow(event);
    }

    key(event) {
        const small = (this.high - this.low) / 200;
        const steps = {
            ArrowLeft: -small, ArrowDown: -small, ArrowRight: small, ArrowUp: small, PageDown: -10 * small, PageUp: 10 * small,
        };
        if (event.key in steps) this.set(this.state.value + steps[event.key] * (event.shiftKey ? 10 : 1));
        else if (event.key === "Home") this.set(this.low);
        else if (event.key === "End") this.set(this.high);
        else return;
        event.preventDefault();
    }
}
