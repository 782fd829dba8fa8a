/** Reads what `/metrics` says, in the text format of Prometheus. Pure. */

export interface Sample {
    readonly name: string;
    readonly labels: ReadonlyMap<string, string>;
    readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples; lines that are none are passed over. */
export function parse(text: string): Sample[] {
    return text.split('\n').flatMap((line) => {
        const [, name, labels, number] = LINE.exec(line.trim()) ?? [];
        const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
        if (name === undefined || number === undefined || Number.isNaN(value)) {
            return [];
        }
        const pairs = [...(labels ?? '').matchAll(LABEL)].map(([, label = '', value = '']): [string, string] => [
            label,
            value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
        ]);
        return [{ name, labels: new Map(pairs), value }];
    });
}

/** The sum over all labels; `null` where nothing has this name. */
export function sum(samples: readonly Sample[], name: string): number | null {
    const values = samples.filter((sample) => sample.name === name).map(({ value }) => value);
    return values.length === 0 ? null : values.reduce((one, two) => one + two, 0);
}

/** Of a histogram: how many were at most so much, by rising bounds, over all labels. */
export type Buckets = readonly (readonly [bound: number, count: number])[];

export function buckets(samples: readonly Sample[], name: string): Buckets {
    const counts = new Map<number, number>();
    for (const { name: found, labels, value } of samples) {
        const bound = labels.get('le');
        if (found === `${name}_bucket` && bound !== undefined) {
            const number = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
            counts.set(number, (counts.get(number) ?? 0) + value);
        }
    }
    return [...counts].sort(([one], [two]) => one - two);
}

/** What was added between two readings. */
export function since(later: Buckets, earlier: Buckets): Buckets {
    const before = new Map(earlier);
    return later.map(([bound, count]) => [bound, Math.max(0, count - (before.get(bound) ?? 0))]);
}

/** Each bucket alone. */
export function apart(cumulative: Buckets): Buckets {
    return cumulative.map(([bound, count], at) => [bound, Math.max(0, count - (cumulative[at - 1]?.[1] ?? 0))]);
}

/** The value below which so large a part lies, taken for spread evenly within its bucket; `null` where there is nothing. */
export function quantile(cumulative: Buckets, part: number): number | null {
    const all = cumulative.at(-1)?.[1] ?? 0;
    if (all <= 0) {
        return null;
    }
    const rank = part * all;
    const at = cumulative.findIndex(([, count]) => count >= rank);
    const [bound, count] = cumulative[at] ?? [0, 0];
    const [below, before] = cumulative[at - 1] ?? [0, 0];
    if (!Number.isFinite(bound)) {
        return below;
    }
    return count === before ? bound : below + ((bound - below) * (rank - before)) / (count - before);
}
