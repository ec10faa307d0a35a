"use strict";

/** Distances as colours: one scale for all pictures, with the threshold in its middle. */
class ColorScale {
    /** - scale: { first, last, usual, palette }: the job's colours; `usual` is there where they follow a threshold. */
    constructor(scale, threshold) {
        this.palette = ColorScale.#bytesOf(scale.palette);
        this.colors = this.palette.length / 3;
        [this.first, this.last] = [scale.first, scale.last];
        this.middle = null;
        if (scale.usual !== undefined && threshold > 0) {
            // As the job's own colours are chosen: dark up to what is usual in good parts.
            this.first = Math.min(scale.usual, 0.75 * threshold);
            this.last = 2 * threshold - this.first;
        }
        if (scale.marksThreshold && threshold >= this.first && threshold <= this.last) this.middle = threshold;
    }

    static #known = new Map();

    static #bytesOf(base64) {
        if (!ColorScale.#known.has(base64)) ColorScale.#known.set(base64, Scores.bytes(base64));
        return ColorScale.#known.get(base64);
    }

    /** The number of a distance's colour. */
    index(distance) {
        const span = this.last - this.first;
        const unit = span > 0 ? (distance - this.first) / span : distance > this.first ? 1 : 0;
        return unit > 0 ? Math.round(Math.min(unit, 1) * (this.colors - 1)) : 0;
    }

    css(index) {
        return `rgb(${this.palette[3 * index]} ${this.palette[3 * index + 1]} ${this.palette[3 * index + 2]})`;
    }

    /** A bar of the colours with their distances. */
    legend(identity) {
        const { draw } = Text;
        const [width, left] = [360, 24];
        const place = (share) => left + share * (width - 2 * left);
        const gradient = draw("linearGradient", { id: identity });
        for (let step = 0; step <= 16; step += 1) {
            const color = this.css(Math.round((step / 16) * (this.colors - 1)));
            gradient.append(draw("stop", { offset: step / 16, "stop-color": color }));
        }
        const bar = draw("rect", { x: left, y: 18, width: width - 2 * left, height: 16, fill: `url(#${identity})` });
        const numbers = [0, 0.25, 0.5, 0.75, 1].map((share) =>
            draw("text", { x: place(share), y: 50, "text-anchor": "middle" },
                Text.short(this.first + share * (this.last - this.first))));
        const mark = [];
        if (this.middle !== null && this.last > this.first) {
            const x = place((this.middle - this.first) / (this.last - this.first));
            mark.push(draw("line", { x1: x, x2: x, y1: 13, y2: 34, class: "mark" }),
                draw("text", { x, y: 10, "text-anchor": "middle" }, `threshold ${Text.short(this.middle)}`));
        }
        return draw("svg", { viewBox: `0 0 ${width} 56`, role: "img", "aria-label":
            `Colours from distance ${Text.short(this.first)}, dark, to ${Text.short(this.last)}, bright` },
        draw("defs", {}, gradient), bar, numbers, mark);
    }
}
