"use strict";

/**
 * What the reader has chosen: the threshold. Parts of the page that depend on it are told: `onchange` while it moves, `onrest` once it
 * rests for a moment, for what takes longer to draw.
 */
class ThresholdState {
    #moving = [];
    #resting = [];
    #timer = 0;

    constructor(value) {
        this.value = Math.fround(value);
    }

    onchange(listener) {
        this.#moving.push(listener);
        listener();
    }

    onrest(listener) {
        this.#resting.push(listener);
        listener();
    }

    set(value) {
        const next = Math.fround(value);
        if (!Number.isFinite(next) || next < 0 || next === this.value) return;
        this.value = next;
        for (const listener of this.#moving) listener();
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#resting.forEach((listener) => listener()), 120);
    }
}
