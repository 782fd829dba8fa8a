import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BackOff } from '../src/backoff.js';
import { EventReader, type StreamEvent } from '../src/push/events.js';
import { place, read } from '../src/push/message.js';
import { NotJsonError, Splitter } from '../src/push/split.js';
import { type Channel, path } from '../src/push/url.js';
import { hash } from '../src/xmpp/hash.js';
import { isOf, readPosition, writePosition } from '../src/xmpp/position.js';

/** A text in pieces, cut at arbitrary places. */
function pieces(text: string, cuts: readonly number[]): string[] {
    const at = [...new Set(cuts.map((cut) => (text.length === 0 ? 0 : cut % text.length)))].sort(
        (one, two) => one - two,
    );
    return [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });

test('JSON values are cut out of a stream, wherever it is cut into pieces', () => {
    const value = fc.jsonValue().filter((value) => typeof value === 'object' && value !== null);
    const between = fc.constantFrom('', '\r\n', ' ', '\n\n');
    fc.assert(
        fc.property(fc.array(fc.tuple(value, between)), cuts, (values, cuts) => {
            const text = values.map(([value, between]) => JSON.stringify(value) + between).join('');
            const splitter = new Splitter();
            const found = pieces(text, cuts).flatMap((piece) => splitter.push(piece));
            assert.deepEqual(
                found,
                values.map(([value]) => JSON.parse(JSON.stringify(value))),
            );
            assert.equal(splitter.isWithin, false);
        }),
    );
});

test('any text is split or refused, and never kept beyond its bound', () => {
    fc.assert(
        fc.property(fc.string({ unit: 'binary' }), cuts, (text, cuts) => {
            const splitter = new Splitter(1000);
            try {
                for (const piece of pieces(text, cuts)) {
                    splitter.push(piece);
                }
            } catch (error) {
                assert.ok(error instanceof NotJsonError);
            }
        }),
    );
    assert.throws(() => new Splitter(10).push(`{"a":"${'x'.repeat(20)}`), /more than 10 characters/);
    for (const wrong of ['}', 'null', '<script>', '{"a":}', '{]']) {
        assert.throws(() => new Splitter().push(wrong), NotJsonError, wrong);
    }
    assert.deepEqual(new Splitter().push('{"a":"}{ \\" \\\\"}["]"]'), [{ a: '}{ " \\' }, [']']]);
});

test('an event stream is read, wherever it is cut into pieces', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n\0]/.test(text));
    const event = fc.record({
        type: line.filter((text) => text !== '' && !text.startsWith(' ')),
        id: line.filter((text) => !text.startsWith(' ')),
        data: fc.array(line, { minLength: 1, maxLength: 3 }),
    });
    const ending = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
        fc.property(fc.array(event), ending, cuts, (events, end, cuts) => {
            const text = events
                .map(({ type, id, data }) =>
                    [`id: ${id}`, ': hello', `event: ${type}`, ...data.map((line) => `data: ${line}`), '', ''].join(
                        end,
                    ),
                )
                .join('');
            const reader = new EventReader();
            const found = pieces(text, cuts).flatMap((piece) => reader.push(piece));
            const heard = found.filter((event): event is StreamEvent & { kind: 'event' } => event.kind === 'event');
            assert.deepEqual(
                heard.map(({ type, id, data }) => ({ type, id, data })),
                events.map(({ type, id, data }) => ({ type, id, data: data.join('\n') })),
            );
        }),
    );
});

test('event streams are read as the standard has it', () => {
    const cases: [string, StreamEvent[]][] = [
        [': \n', [{ kind: 'comment' }]],
        ['id: 7\nretry: 2000\n\n', [{ kind: 'id', id: '7' }]],
        ['data: a\n\n', [{ kind: 'event', type: 'message', data: 'a', id: '' }]],
        ['data:a\ndata\ndata: \n\n', [{ kind: 'event', type: 'message', data: 'a\n\n', id: '' }]],
        ['\ufeffdata: a\n\n', [{ kind: 'event', type: 'message', data: 'a', id: '' }]],
        [
            'id: 1\n\ndata: a\n\n',
            [
                { kind: 'id', id: '1' },
                { kind: 'event', type: 'message', data: 'a', id: '1' },
            ],
        ],
        ['id: a\0b\ndata: a\n\n', [{ kind: 'event', type: 'message', data: 'a', id: '' }]],
        ['event: x\n\ndata: a\n\n', [{ kind: 'event', type: 'message', data: 'a', id: '' }]],
        ['nonsense: x\ndata:  a\n\n', [{ kind: 'event', type: 'message', data: ' a', id: '' }]],
        ['data: not over yet\n', []],
    ];
    for (const [text, expected] of cases) {
        assert.deepEqual(new EventReader().push(text), expected, JSON.stringify(text));
    }
    assert.throws(() => new EventReader(5).push('data: too long'), /more than 5 characters/);
    const slow = new EventReader(20);
    assert.throws(() => ['data: aaaaaaaa\n', 'data: aaaaaaaa\n', 'data: aaaaaaaa\n'].map((piece) => slow.push(piece)));
});

test('what a gateway says is understood, and anything else is passed over', () => {
    const kinds: [unknown, string | null][] = [
        [{ id: 1, channel: 'c', text: 'x' }, 'message'],
        [{ id: '1', channel: 'c', text: 'x', tag: '5', time: '' }, 'message'],
        [{ id: -1, channel: '', text: ' ' }, 'nothing'],
        [{ id: -2, channel: 'c', text: 'gone' }, 'deleted'],
        [{ id: -3, channel: '', text: '' }, 'nothing'],
        [{ id: -4, channel: '', text: '', cursor: '00000000000000ab:1' }, 'cursor'],
        [{ id: -4, channel: 'c', text: '', reset: true, cursor: '00000000000000ab:1' }, 'reset'],
        ['', 'nothing'],
        ['hello', null],
        [null, null],
        [[], null],
        [{}, null],
        [{ id: 1.5 }, null],
    ];
    for (const [value, kind] of kinds) {
        assert.equal(read(value)?.kind ?? null, kind, JSON.stringify(value));
    }
    const heard = read({
        id: 1,
        channel: 'c',
        text: '[1]',
        tag: '6',
        time: 'Thu, 01 Jan 1970 00:00:00 GMT',
        eventid: 'e',
    });
    assert.deepEqual(heard?.kind === 'message' && heard.message, {
        id: 1,
        channel: 'c',
        text: '[1]',
        data: [1],
        action: null,
        time: null,
        tag: 6,
        eventId: 'e',
        cursor: 'e',
    });
    fc.assert(
        fc.property(fc.anything(), (value) => {
            read(value);
        }),
    );
    assert.deepEqual(place('00000000000000ab:17'), { epoch: '00000000000000ab', number: 17n });
    for (const none of [null, '', '42', 'ab:1', '00000000000000ab:', '00000000000000AB:1']) {
        assert.equal(place(none), null);
    }
});

test('channels become paths that say the same', () => {
    const cases: [readonly Channel[], boolean, string][] = [
        [['user-5'], true, 'user-5'],
        [['/twitter/Tweet', 'global'], true, '%2Ftwitter%2FTweet/global'],
        [[{ name: 'c', backtrack: 3 }], true, 'c.b3'],
        [[{ name: 'c', backtrack: 3 }], false, 'c'],
        [['odd.b2'], true, 'odd.b2.b0'],
        [['a b?c#d%'], true, 'a%20b%3Fc%23d%25'],
    ];
    for (const [channels, withBacktrack, expected] of cases) {
        assert.equal(path(channels, withBacktrack), expected);
    }
    // Whatever a channel is called, the gateway reads its name, and no number of messages that nobody asked for.
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
        fc.property(fc.array(name, { minLength: 1 }), (names) => {
            const segments = path(names, true).split('/').map(decodeURIComponent);
            const wanted = segments.map((segment) => /^(.+?)(?:\.b([0-9]+))?$/s.exec(segment));
            assert.deepEqual(
                wanted.map((found) => [
                    found?.[2] === undefined ? found?.[0] : found[0].slice(0, -found[2].length - 2),
                    Number(found?.[2] ?? 0),
                ]),
                names.map((name) => [name, 0]),
            );
        }),
    );
});

test('positions are written as the server writes them, and read as it reads them', () => {
    // What pubsub_core::Position makes of these nodes.
    assert.equal(hash('/a'), 0xee2a3f17e6850777n);
    assert.equal(hash('/twitter/Tweet'), 0x8e25f38d20a06f75n);
    const known = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.bigInt(0n, (1n << 64n) - 1n), {
        maxKeys: 4,
    });
    fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), known, (node, known) => {
            const text = writePosition(node, new Map(Object.entries(known)));
            assert.match(text, /^[0-9A-Za-z._~-]+$/);
            const position = readPosition(text);
            assert.ok(position !== null && isOf(position, node));
            assert.deepEqual(new Map(position.known), new Map(Object.entries(known)));
        }),
    );
    const read: [string, [string, bigint][] | null][] = [
        ['1', []],
        ['1~zwhatever~l0190-ab.7~Q', [['0190-ab', 7n]]],
        ['1~la.1~la.3~la.2', [['a', 3n]]],
        ['1~l_2f.18446744073709551615~m0f~e', [['/', 18446744073709551615n]]],
        ['', null],
        ['hello', null],
        ['2~n1', null],
        ['1~', null],
        ['1~lx', null],
        ['1~lx.+1', null],
        ['1~lx.18446744073709551616', null],
        ['1~l_zz.1', null],
        ['1~l_ff.1', null],
        ['1~nxyz', null],
        [`1~z${'x'.repeat(5000)}`, null],
    ];
    for (const [text, expected] of read) {
        const position = readPosition(text);
        assert.deepEqual(position === null ? null : [...position.known], expected, text);
    }
    fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
            readPosition(text);
            readPosition(`1~${text}`);
        }),
    );
});

test('waits grow to their limit, and no two are alike', () => {
    const longest = new BackOff({ first: 100, longest: 1000, random: () => 1 });
    assert.deepEqual(
        [1, 2, 3, 4, 5, 6].map(() => longest.next()),
        [100, 200, 400, 800, 1000, 1000],
    );
    longest.reset();
    assert.equal(longest.next(5000), 5000);
    fc.assert(
        fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
            const backOff = new BackOff({ first: 10, longest: 5000, random: () => chance });
            for (let at = 0; at < failures; at += 1) {
                backOff.next();
            }
            const wait = backOff.next();
            assert.ok(wait >= 5 && wait <= 5000, String(wait));
        }),
    );
});
