/** Lines and bars as SVG. Pure but for the elements it makes; numbers in, shapes out. */

const SVG = 'http://www.w3.org/2000/svg';

export function shape(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
    const made = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) {
        made.setAttribute(attribute, String(value));
    }
    if (text) {
        made.textContent = text;
    }
    return made;
}

/** Where a curve is drawn: from `left` and `top`, so wide and high; `most` is at its top. */
export interface Frame {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly most: number;
}

/** A line over an area; the last value is at the right, and what is missing at the left is not drawn. */
export function curve(values: readonly number[], places: number, frame: Frame, kind = ''): SVGElement[] {
    if (values.length < 2) {
        return [];
    }
    const step = frame.width / (places - 1);
    const bottom = frame.top + frame.height;
    const first = frame.left + (places - values.length) * step;
    const points = values.map((value, at) => {
        const height = frame.most > 0 ? (Math.min(value, frame.most) / frame.most) * frame.height : 0;
        return `${(first + at * step).toFixed(1)} ${(bottom - height).toFixed(1)}`;
    });
    const line = `M${points.join(' L')}`;
    const end = frame.left + frame.width;
    return [
        shape('path', { class: `area ${kind}`, d: `${line} L${end} ${bottom} L${first.toFixed(1)} ${bottom}Z` }),
        shape('path', { class: `line ${kind}`, d: line }),
    ];
}

/** The next round number: 1, 2 or 5 times a power of ten. */
export function round(value: number): number {
    if (value <= 0) {
        return 1;
    }
    const power = 10 ** Math.floor(Math.log10(value));
    return ([1, 2, 5, 10].find((times) => times * power >= value) ?? 10) * power;
}

/** Where an axis that ends at a `round` number is labelled, and how: at five parts of it, so that every label says what it stands at. */
export function ticks(most: number): [number, string][] {
    const [size, unit] = most >= 1e6 ? [1e6, 'M'] : most >= 1e4 ? [1e3, 'k'] : [1, ''];
    return [0, 1, 2, 3, 4, 5].map((part) => {
        const value = (most * part) / 5;
        return [value, value === 0 ? '0' : `${Number((value / size).toPrecision(3))}${unit}`];
    });
}
