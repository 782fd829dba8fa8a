import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { initials } from '../pages/face.js';
import { apart, buckets, parse, quantile, since, sum } from '../pages/metrics.js';
import { day } from '../pages/moment.js';
import { round, ticks } from '../pages/plot.js';

const TEXT = `# HELP x what it is
# TYPE x counter
x{kind="user",way="ws"} 3
x{kind="a\\"b\\\\c\\nd"} 4.5
y 1e3 1795237738000
nonsense
z{le="0.1"} NaN
lag_bucket{le="0.001"} 2
lag_bucket{le="0.01"} 8
lag_bucket{le="+Inf"} 10
`;

test('metrics are read', () => {
    const samples = parse(TEXT);
    assert.equal(sum(samples, 'x'), 7.5);
    assert.equal(sum(samples, 'y'), 1000);
    assert.equal(sum(samples, 'nothing'), null);
    assert.equal(samples[1]?.labels.get('kind'), 'a"b\\c\nd');
    const lag = buckets(samples, 'lag');
    assert.deepEqual(lag, [
        [0.001, 2],
        [0.01, 8],
        [Number.POSITIVE_INFINITY, 10],
    ]);
    assert.deepEqual(
        apart(lag).map(([, count]) => count),
        [2, 6, 2],
    );
    assert.equal(quantile(lag, 0.2), 0.001);
    assert.equal(quantile(lag, 0.5)?.toFixed(6), '0.005500');
    assert.equal(quantile(lag, 0.99), 0.01);
    assert.equal(quantile(since(lag, lag), 0.5), null);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parse(text)));
});

test('numbers are round and short', () => {
    for (const [value, expected] of [
        [0, 1],
        [1, 1],
        [1.2, 2],
        [37, 50],
        [73, 100],
        [4200, 5000],
    ] as const) {
        assert.equal(round(value), expected);
    }
});

test('a label of an axis says what it stands at', () => {
    for (const [most, labels] of [
        [1, '0 0.2 0.4 0.6 0.8 1'],
        [2, '0 0.4 0.8 1.2 1.6 2'],
        [50, '0 10 20 30 40 50'],
        [5000, '0 1000 2000 3000 4000 5000'],
        [20_000, '0 4k 8k 12k 16k 20k'],
        [5e6, '0 1M 2M 3M 4M 5M'],
    ] as const) {
        assert.equal(
            ticks(most)
                .map(([, label]) => label)
                .join(' '),
            labels,
        );
    }
    fc.assert(
        fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (value) => {
            for (const [at, label] of ticks(round(value))) {
                const size = label.endsWith('M') ? 1e6 : label.endsWith('k') ? 1e3 : 1;
                assert.ok(Math.abs(Number.parseFloat(label) * size - at) <= 1e-9 * at, `${label} at ${at}`);
            }
        }),
    );
});

test('people and days have names', () => {
    for (const [name, expected] of [
        ['Ann Lee', 'AL'],
        ['bob', 'B'],
        ['王小明', '王'],
        ['', ''],
        ['a.b-c', 'AC'],
    ] as const) {
        assert.equal(initials(name), expected);
    }
    const now = new Date(2026, 10, 21, 12);
    assert.equal(day(new Date(2026, 10, 21, 0, 1), now), 'Today');
    assert.equal(day(new Date(2026, 10, 20, 23, 59), now), 'Yesterday');
    assert.match(day(new Date(2026, 10, 18), now), /18/);
});
