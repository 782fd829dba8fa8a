import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { PushClient } from '../src/push/client.js';
import type { LiveList } from '../src/rest/live.js';
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
