"use strict";

/** The pictures of the page: an image, its anomaly map as numbers, and one laid over the other. */
const Maps = (() => {
    async function inflate(bytes) {
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
        return new Uint8Array(await new Response(stream).arrayBuffer());
    }

    /**
     * Reads the samples of an 8-bit gray PNG as this project writes them: one chunk of pixels, each row as differences from the row above.
     * A canvas would give them too, but browsers may change what is read from one, for privacy.
     */
    async function samples(png) {
        const view = new DataView(png.buffer);
        let [place, width, height, pixels] = [8, 0, 0, null];
        while (place + 12 <= png.length && pixels === null) {
            const length = view.getUint32(place);
            const kind = String.fromCharCode(...png.subarray(place + 4, place + 8));
            if (kind === "IHDR") [width, height] = [view.getUint32(place + 8), view.getUint32(place + 12)];
            if (kind === "IDAT") pixels = png.subarray(place + 8, place + 8 + length);
            place += 12 + length;
        }
        const lines = await inflate(pixels);
        const result = new Uint8Array(width * height);
        for (let row = 0; row < height; row += 1) {
            for (let column = 0; column < width; column += 1) {
                const above = row > 0 ? result[(row - 1) * width + column] : 0;
                result[row * width + column] = lines[row * (width + 1) + 1 + column] + above;
            }
        }
        return { width, height, samples: result };
    }

    /** A map of the page's data. Sample 0 does not count; 1 to 255 are distances from 0 to `highest`. */
    async function read(map) {
        const read = await samples(Scores.bytes(map.png));
        const values = Float32Array.from(read.samples, (sample) =>
            sample === 0 ? NaN : sample === 255 ? map.highest : ((sample - 1) / 254) * map.highest);
        return { ...read, values, highest: map.highest, step: map.highest / 254 };
    }

    function load(source) {
        return new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = () => resolve(image);
            image.onerror = () => reject(new Error("the picture cannot be shown"));
            image.src = source;
        });
    }

    const known = new Map();

    /** The image and the map of a picture of the data, each null where it is not there. Read once. */
    function open(picture) {
        if (!known.has(picture)) {
            known.set(picture, Promise.all([
                picture.image ? load(`data:image/jpeg;base64,${picture.image}`) : null,
                picture.map ? read(picture.map) : null,
            ]).then(([image, map]) => ({ image, map })));
        }
        return known.get(picture);
    }

    function size(opened) {
        return opened.image
            ? { width: opened.image.naturalWidth, height: opened.image.naturalHeight }
            : { width: opened.map.width, height: opened.map.height };
    }

    /** The map in colours, a pixel a value; what does not count is clear. */
    function colored(map, scale) {
        const canvas = Text.make("canvas", { width: map.width, height: map.height });
        const context = canvas.getContext("2d");
        const pixels = context.createImageData(map.width, map.height);
        map.values.forEach((value, place) => {
            if (Number.isNaN(value)) return;
            const color = 3 * scale.index(value);
            for (let part = 0; part < 3; part += 1) pixels.data[4 * place + part] = scale.palette[color + part];
            pixels.data[4 * place + 3] = 255;
        });
        context.putImageData(pixels, 0, 0);
        return canvas;
    }

    /** Outlines the pixels whose value reaches the threshold. */
    function outline(context, map, threshold, { width, height }) {
        const inside = (row, column) => row >= 0 && column >= 0 && row < map.height && column < map.width
            && map.values[row * map.width + column] >= threshold;
        const [x, y] = [width / map.width, height / map.height];
        context.beginPath();
        for (let row = 0; row <= map.height; row += 1) {
            for (let column = 0; column <= map.width; column += 1) {
                const here = inside(row, column);
                if (here !== inside(row - 1, column)) {
                    context.moveTo(column * x, row * y);
                    context.lineTo((column + 1) * x, row * y);
                }
                if (here !== inside(row, column - 1)) {
                    context.moveTo(column * x, row * y);
                    context.lineTo(column * x, (row + 1) * y);
                }
            }
        }
        // Light on dark, to be seen on any picture.
        for (const [color, wide] of [["#000", 3], ["#fff", 1.25]]) {
            context.strokeStyle = color;
            context.lineWidth = (wide * width) / 256;
            context.stroke();
        }
    }

    /**
     * Draws on a canvas of the picture's size.
     * - share: of the map, 0 to 1. - wipe: whether the map covers that share of the width, instead of that opacity.
     * - threshold: what reaches it is outlined; null: nothing is.
     */
    function paint(canvas, opened, scale, { share, wipe = false, threshold = null }) {
        const { width, height } = size(opened);
        [canvas.width, canvas.height] = [width, height];
        const context = canvas.getContext("2d");
        if (opened.image) context.drawImage(opened.image, 0, 0);
        if (opened.map && share > 0) {
            context.save();
            context.imageSmoothingEnabled = opened.map.width > 32;
            if (wipe) {
                context.beginPath();
                context.rect(0, 0, share * width, height);
                context.clip();
            } else {
                context.globalAlpha = share;
            }
            context.drawImage(colored(opened.map, scale), 0, 0, width, height);
            context.restore();
        }
        if (opened.map && threshold !== null) outline(context, opened.map, threshold, { width, height });
    }

    /** The value below a place, both from 0 to 1; null where there is none. */
    function valueAt(map, across, down) {
        const column = Math.min(map.width - 1, Math.max(0, Math.floor(across * map.width)));
        const row = Math.min(map.height - 1, Math.max(0, Math.floor(down * map.height)));
        const value = map.values[row * map.width + column];
        return { row, column, value: Number.isNaN(value) ? null : value };
    }

    return { open, paint, valueAt, read };
})();
