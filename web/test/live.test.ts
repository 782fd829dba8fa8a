import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { PushClient } from '../src/push/client.js';
import type { Received } from '../src/push/inbox.js';
import type { PushMessage } from '../src/push/message.js';
import type { ListQuery, Page } from '../src/rest/list.js';
import { LiveList, type LiveOptions } from '../src/rest/live.js';
import { Rows } from '../src/rest/rows.js';
import { BROWSER, TestGateway } from './gateway.js';

interface Commit {
    id: number;
    text: string;
}

let gateway: TestGateway;
let rows: Commit[] = [];
before(async () => {
    gateway = await TestGateway.start();
});
after(() => gateway.stop());
beforeEach(() => {
    gateway.restart();
    gateway.keep = 100;
    gateway.asked.length = 0;
    rows = [1, 2, 3, 4, 5].map((id) => ({ id, text: `row ${id}` }));
    gateway.lists.set('commit', (query) => {
        const limit = Number(query.get('limit') ?? 2);
        const offset = Number(query.get('offset') ?? 0);
        const newest = [...rows].reverse();
        const next = offset + limit < newest.length ? `/api/v1/commit/?limit=${limit}&offset=${offset + limit}` : null;
        return {
            meta: { limit, offset, next, previous: null, total_count: newest.length, position: gateway.cursor },
            objects: newest.slice(offset, offset + limit),
        };
    });
});

function save(id: number, text: string): void {
    const there = rows.find((row) => row.id === id);
    if (there) {
        there.text = text;
    } else {
        rows.push({ id, text });
    }
    gateway.say('global', JSON.stringify({ id, text }), { action: there ? 'update' : 'create' });
}

function remove(id: number): void {
    const row = rows.find((row) => row.id === id);
    rows = rows.filter((row) => row.id !== id);
    gateway.say('global', JSON.stringify(row), { action: 'delete' });
}

function client(): PushClient {
    return new PushClient(
        { transports: ['websocket'], backOff: { first: 5, longest: 20 } },
        { browser: BROWSER, page: gateway.page },
    );
}

async function until(live: LiveList<Commit>, expected: readonly (readonly [number, string])[]): Promise<void> {
    const deadline = Date.now() + 20_000;
    const shown = () => live.rows.map(({ id, text }) => [id, text]);
    while (JSON.stringify(shown()) !== JSON.stringify(expected)) {
        if (Date.now() > deadline) {
            assert.deepEqual(shown(), expected);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

test('the first page, and from then on every change', async () => {
    const push = client();
    const live = push.live<Commit>('commit', 'global');
    await live.ready;
    await until(live, [
        [5, 'row 5'],
        [4, 'row 4'],
    ]);
    assert.deepEqual([live.total, live.hasMore], [5, true]);
    save(6, 'new');
    save(4, 'changed');
    remove(5);
    await until(live, [
        [6, 'new'],
        [4, 'changed'],
    ]);
    assert.equal(live.total, 5);
    live.close();
    push.close();
});

test('what is saved between the page and the connection is not missed', async () => {
    const push = client();
    const list = gateway.lists.get('commit');
    gateway.lists.set('commit', (query) => {
        const page = list?.(query);
        save(6, 'in between');
        return page;
    });
    const live = push.live<Commit>('commit', 'global');
    await until(live, [
        [6, 'in between'],
        [5, 'row 5'],
        [4, 'row 4'],
    ]);
    live.close();
});

test('more pages follow without a hole or a repeat, whatever came in the meantime', async () => {
    const live = client().live<Commit>('commit', 'global', { query: { limit: 2 } });
    await live.ready;
    save(6, 'six');
    await until(live, [
        [6, 'six'],
        [5, 'row 5'],
        [4, 'row 4'],
    ]);
    // Two calls at once are one.
    const [one, two] = await Promise.all([live.more(), live.more()]);
    assert.deepEqual([one, two], [2, 2]);
    await until(live, [
        [6, 'six'],
        [5, 'row 5'],
        [4, 'row 4'],
        [3, 'row 3'],
        [2, 'row 2'],
    ]);
    await live.more();
    assert.deepEqual([live.rows.length, live.hasMore, live.total], [6, false, 6]);
    live.close();
});

test('a lost place has the list read anew', async () => {
    gateway.keep = 1;
    const live = client().live<Commit>('commit', 'global');
    let resets = 0;
    live.on('reset', () => {
        resets += 1;
    });
    await live.ready;
    save(6, 'six');
    await until(live, [
        [6, 'six'],
        [5, 'row 5'],
        [4, 'row 4'],
    ]);
    gateway.cut();
    save(7, 'seven');
    save(8, 'eight');
    remove(6);
    await until(live, [
        [8, 'eight'],
        [7, 'seven'],
    ]);
    assert.equal(resets, 1);
    save(9, 'nine');
    await until(live, [
        [9, 'nine'],
        [8, 'eight'],
        [7, 'seven'],
    ]);
    live.close();
});

test('rows may be ordered, chosen and known by another key', async () => {
    const live = client().live<Commit>('commit', 'global', {
        key: 'text',
        compare: (one, two) => one.id - two.id,
        accept: (row) => row.id % 2 === 0 || row.id === 5,
    });
    await live.ready;
    save(6, 'six');
    save(7, 'seven');
    await until(live, [
        [4, 'row 4'],
        [5, 'row 5'],
        [6, 'six'],
    ]);
    live.close();
});

test('a list that is not there is an error, once', async () => {
    const live = client().live('nothing', 'global');
    await assert.rejects(live.ready, { name: 'ListError', status: 404, message: 'no such list' });
    await assert.rejects(client().list('nothing'), { name: 'ListError', status: 404 });
});

test('filters go into the query, several values are repeated', async () => {
    await client().list('commit', { user__username: 'bob', order_by: ['-timestamp', 'id'], project: null, limit: 1 });
    const { url } = gateway.asked.at(-1) ?? {};
    assert.equal(
        `${url?.pathname}${url?.search}`,
        '/api/v1/commit/?user__username=bob&order_by=-timestamp&order_by=id&limit=1',
    );
});

test('events win over pages, in whatever order they come', () => {
    type Step = { do: 'put' | 'remove'; id: number } | { do: 'page'; ids: number[] };
    const step: fc.Arbitrary<Step> = fc.oneof(
        fc.record({ do: fc.constantFrom('put' as const, 'remove' as const), id: fc.nat(9) }),
        fc.record({ do: fc.constant('page' as const), ids: fc.array(fc.nat(9)) }),
    );
    fc.assert(
        fc.property(fc.array(step), fc.boolean(), (steps, isOrdered) => {
            const rows = new Rows<Commit>((row) => row.id, isOrdered ? (one, two) => one.id - two.id : null, 6);
            const latest = new Map<number, string>();
            let turn = 0;
            for (const step of steps) {
                turn += 1;
                if (step.do === 'page') {
                    rows.append(step.ids.map((id) => ({ id, text: 'page' })));
                } else if (step.do === 'put') {
                    latest.set(step.id, `event ${turn}`);
                    rows.put({ id: step.id, text: `event ${turn}` });
                } else {
                    latest.set(step.id, 'removed');
                    rows.remove(step.id);
                }
                const ids = rows.all.map(({ id }) => id);
                assert.equal(new Set(ids).size, ids.length);
                assert.ok(ids.length <= 6);
                for (const { id, text } of rows.all) {
                    const event = latest.get(id);
                    // A row that fell off the end may come back with a page.
                    assert.ok(
                        event === undefined || event === text || (text === 'page' && event !== 'removed'),
                        `${id} ${text} ${event}`,
                    );
                }
            }
        }),
    );
});

/** Rows that a list has in its order and tells of at once, or later. */
class Store {
    rows: Dated[] = [];
    /** What was told and not heard yet. */
    readonly told: PushMessage[] = [];
    readonly pages: (() => void)[] = [];
    isSlow = false;
    hear: (received: Received) => void = () => {};

    get sources() {
        return {
            page: async (query: ListQuery): Promise<Page<Dated>> => {
                const [limit, offset] = [Number(query['limit'] ?? 3), Number(query['offset'] ?? 0)];
                const all = this.sorted;
                const next = offset + limit < all.length ? 'next' : null;
                const meta = { limit, offset, next, previous: null, total_count: all.length };
                if (this.isSlow) {
                    await new Promise<void>((resolve) => this.pages.push(resolve));
                }
                return { meta, objects: all.slice(offset, offset + limit) };
            },
            listen: (hear: (received: Received) => void, status: (status: { kind: 'open' }) => void) => {
                this.hear = hear;
                queueMicrotask(() => status({ kind: 'open' }));
                return () => {};
            },
        } as unknown as ConstructorParameters<typeof LiveList<Dated>>[0];
    }

    get sorted(): Dated[] {
        return [...this.rows].sort((one, two) => two.at - one.at || two.id - one.id).map((row) => ({ ...row }));
    }

    save(id: number, at: number): void {
        const there = this.rows.find((row) => row.id === id);
        this.rows = [...this.rows.filter((row) => row.id !== id), { id, at }];
        this.#tell({ id, at }, there ? 'update' : 'create');
    }

    remove(id: number): void {
        const there = this.rows.find((row) => row.id === id);
        this.rows = this.rows.filter((row) => row.id !== id);
        if (there) {
            this.#tell(there, 'delete');
        }
    }

    /** Lets everything arrive that is on its way: each is told after it was done. */
    arrive(): void {
        for (const message of this.told.splice(0)) {
            this.hear({ kind: 'message', message } as Received);
        }
    }

    #tell(data: Dated, action: string): void {
        this.told.push({ action, data: { ...data } } as unknown as PushMessage);
    }
}

interface Dated {
    id: number;
    at: number;
}

const newest = (one: Dated, two: Dated) => two.at - one.at || two.id - one.id;

async function stored(rows: number, options: LiveOptions<Dated>): Promise<[Store, LiveList<Dated>]> {
    const store = new Store();
    store.rows = Array.from({ length: rows }, (_, at) => ({ id: at, at: at * 10 }));
    const live = new LiveList<Dated>(store.sources, options);
    await live.ready;
    return [store, live];
}

const ids = (live: LiveList<Dated>) => live.rows.map(({ id }) => id);

test('a change of a row that was not read yet neither shows it nor counts it nor makes a hole', async () => {
    for (const compare of [newest, (one: Dated, two: Dated) => newest(two, one), undefined]) {
        const [store, live] = await stored(9, compare === undefined ? {} : { compare });
        const shown = ids(live);
        store.save(1, 11);
        store.save(2, 21);
        store.arrive();
        assert.deepEqual([ids(live), live.total], [shown, 9]);
        while (live.hasMore) {
            await live.more();
        }
        assert.deepEqual(
            live.rows.map(({ at }) => at).sort((one, two) => one - two),
            [0, 11, 21, 30, 40, 50, 60, 70, 80],
        );
        assert.equal(live.total, 9);
    }
});

test('a late row is counted, and shown in its place when that is read', async () => {
    const [store, live] = await stored(9, { compare: newest });
    store.save(100, 15);
    store.arrive();
    assert.deepEqual([ids(live), live.total], [[8, 7, 6], 10]);
    store.remove(0);
    store.arrive();
    assert.equal(live.total, 9);
    while (live.hasMore) {
        await live.more();
    }
    assert.deepEqual([ids(live), live.total], [[8, 7, 6, 5, 4, 3, 2, 100, 1], 9]);
    // Now that everything is there, so is what comes late.
    store.save(101, 5);
    store.arrive();
    assert.deepEqual([ids(live).at(-1), live.total], [101, 10]);
});

test('a row that moves while a page is on its way is not lost', async () => {
    const [store, live] = await stored(12, { compare: newest });
    store.isSlow = true;
    const more = live.more();
    // The page has left without it: it was behind that page then, and is within now.
    store.save(0, 65);
    store.arrive();
    store.pages.shift()?.();
    store.isSlow = false;
    await more;
    assert.ok(ids(live).includes(0));
});

test('rows that go unheard do not make the next page begin too far ahead', async () => {
    const [store, live] = await stored(12, { compare: newest });
    store.remove(11);
    store.remove(10);
    await live.more();
    store.arrive();
    while (live.hasMore) {
        await live.more();
    }
    assert.deepEqual([ids(live), live.total], [[9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 10]);
});

test('what is dropped at the bound can be read again', async () => {
    const [store, live] = await stored(5, { compare: newest, most: 4 });
    await live.more();
    assert.deepEqual([ids(live), live.hasMore, live.total], [[4, 3, 2, 1], false, 5]);
    store.save(5, 50);
    store.remove(4);
    store.arrive();
    assert.deepEqual([ids(live), live.hasMore, live.total], [[5, 3, 2], true, 5]);
    await live.more();
    assert.deepEqual([ids(live), live.total], [[5, 3, 2, 1], 5]);
});

test('whatever changes while it is read: in the end it holds what the list holds, in its order', async () => {
    type Step = { do: 'save'; id: number; at: number } | { do: 'remove'; id: number } | { do: 'arrive' | 'more' };
    const step: fc.Arbitrary<Step> = fc.oneof(
        { weight: 4, arbitrary: fc.record({ do: fc.constant('save' as const), id: fc.nat(25), at: fc.nat(120) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id: fc.nat(25) }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('arrive' as const, 'more' as const) }) },
    );
    await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, isUpsideDown) => {
            const compare = isUpsideDown ? (one: Dated, two: Dated) => newest(two, one) : newest;
            const [store, live] = await stored(12, { compare });
            for (const step of steps) {
                if (step.do === 'save') {
                    store.save(step.id, step.at);
                } else if (step.do === 'remove') {
                    store.remove(step.id);
                } else if (step.do === 'arrive') {
                    store.arrive();
                } else {
                    await live.more();
                }
            }
            store.arrive();
            while (live.hasMore) {
                await live.more();
            }
            const expected = isUpsideDown ? store.sorted.reverse() : store.sorted;
            assert.deepEqual(live.rows, expected);
            assert.equal(live.total, expected.length);
        }),
        { numRuns: 300 },
    );
});
