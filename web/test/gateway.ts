/**
 * A push gateway on a real socket, for tests of what talks to one: WebSocket, event stream and long polling, cursors and resets, lists.
 *
 * Keeps a bounded number of messages; what is asked for beyond that is answered with a reset.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { EventSource } from 'eventsource';
import { WebSocket, WebSocketServer } from 'ws';
import type { Browser } from '../src/push/transport.js';

interface Kept {
    channel: string;
    number: number;
    body: Record<string, unknown>;
}

interface Client {
    channels: string[];
    send(body: Record<string, unknown>): void;
    end(): void;
    /** Sends it away. */
    bye(hint: string): void;
}

export const BROWSER: Browser = {
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    EventSource: EventSource as unknown as typeof globalThis.EventSource,
    fetch,
};

export class TestGateway {
    epoch = '00000000000000ab';
    keep = 100;
    /** Places that are answered with this status. */
    readonly broken = new Map<string, number>();
    /** Without it nobody is let in. */
    token: string | null = null;
    readonly asked: { place: string; url: URL; authorization: string | undefined; method: string; body: string }[] = [];
    readonly lists = new Map<string, (query: URLSearchParams) => unknown>();
    #server: Server;
    #sockets = new Set<Socket>();
    #clients = new Set<Client>();
    #messages: Kept[] = [];
    #number = 0;
    #lost = 0;
    readonly #ids = new Map<string, number>();

    static async start(): Promise<TestGateway> {
        const gateway = new TestGateway();
        await new Promise<void>((resolve) => gateway.#server.listen(0, '127.0.0.1', resolve));
        return gateway;
    }

    private constructor() {
        const upgrades = new WebSocketServer({ noServer: true });
        this.#server = createServer((request, response) => this.#answer(request, response));
        this.#server.on('connection', (socket) => {
            this.#sockets.add(socket);
            socket.on('close', () => this.#sockets.delete(socket));
        });
        this.#server.on('upgrade', (request, socket, head) => {
            const { place, url, channels } = this.#note(request);
            const status = this.broken.get(place);
            if (status !== undefined && status !== 1008) {
                socket.destroy();
                return;
            }
            upgrades.handleUpgrade(request, socket, head, (opened) => {
                if (status === 1008) {
                    opened.close(1008, '{"http_status": 403, "explain":"Not for you."}');
                    return;
                }
                if (this.token !== null && url.searchParams.get('token') !== this.token) {
                    opened.close(1008, '{"http_status": 401, "explain":"The token has expired."}');
                    return;
                }
                const client: Client = {
                    channels,
                    send: (body) => opened.send(JSON.stringify(body)),
                    end: () => opened.terminate(),
                    bye: (hint) => opened.close(1012, hint),
                };
                this.#admit(client, url, '');
                opened.on('close', () => this.#clients.delete(client));
            });
        });
    }

    get page(): URL {
        const { port } = this.#server.address() as AddressInfo;
        return new URL(`http://127.0.0.1:${port}/`);
    }

    get cursor(): string {
        return `${this.epoch}:${this.#number}`;
    }

    get listeners(): number {
        return this.#clients.size;
    }

    say(channel: string, text: unknown, more: Record<string, unknown> = {}): void {
        this.#number += 1;
        const id = (this.#ids.get(channel) ?? 0) + 1;
        this.#ids.set(channel, id);
        const body = {
            id,
            channel,
            text,
            tag: '1',
            time: 'Sat, 21 Nov 2026 05:08:58 GMT',
            eventid: '',
            ...more,
            cursor: this.cursor,
        };
        this.#messages.push({ channel, number: this.#number, body });
        if (this.#messages.length > this.keep) {
            this.#lost = this.#messages.shift()?.number ?? 0;
        }
        for (const client of [...this.#clients]) {
            if (client.channels.includes(channel)) {
                client.send(body);
            }
        }
    }

    /** Sends all clients something else. */
    send(body: Record<string, unknown>): void {
        for (const client of [...this.#clients]) {
            client.send(body);
        }
    }

    /** Cuts all connections. */
    cut(): void {
        for (const client of [...this.#clients]) {
            this.#clients.delete(client);
            client.end();
        }
    }

    /** Sends all clients away. */
    leave(to: string): void {
        for (const client of [...this.#clients]) {
            this.#clients.delete(client);
            client.bye(JSON.stringify({ reconnect: to }));
        }
    }

    /** Begins anew, with nothing kept. */
    restart(): void {
        this.cut();
        this.epoch = `00000000000000${(Number.parseInt(this.epoch, 16) + 1).toString(16)}`;
        this.#messages = [];
        this.#number = 0;
        this.#lost = 0;
        this.#ids.clear();
    }

    async stop(): Promise<void> {
        this.cut();
        for (const socket of this.#sockets) {
            socket.destroy();
        }
        await new Promise((resolve) => this.#server.close(resolve));
    }

    #note(request: IncomingMessage) {
        const url = new URL(request.url ?? '/', 'http://x');
        const [, , place = '', ...rest] = url.pathname.split('/');
        const channels = rest.map(decodeURIComponent);
        this.asked.push({
            place,
            url,
            authorization: request.headers.authorization,
            method: request.method ?? '',
            body: '',
        });
        return { url, place, channels };
    }

    #answer(request: IncomingMessage, response: ServerResponse): void {
        const { url, place, channels } = this.#note(request);
        const status = this.broken.get(place);
        if (url.pathname.startsWith('/api/v1/')) {
            const list = this.lists.get(url.pathname.split('/')[3] ?? '');
            const body = list?.(url.searchParams);
            response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
            response.end(JSON.stringify(body ?? { error: 'no such list' }));
        } else if (status !== undefined) {
            response.writeHead(status, { 'X-Nginx-PushStream-Explain': 'Not for you.' });
            response.end();
        } else if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) {
            response.writeHead(401, { 'X-Nginx-PushStream-Explain': 'The token has expired.' });
            response.end();
        } else if (place === 'pub') {
            let body = '';
            request.on('data', (piece) => {
                body += piece;
            });
            request.on('end', () => {
                const last = this.asked.at(-1);
                if (last) {
                    last.body = body;
                }
                for (const channel of channels) {
                    this.say(channel, body);
                }
                response.writeHead(200, { 'Content-Type': 'application/json' });
                response.end(
                    `{"channel": "${channels[0]}", "published_messages": 1, "stored_messages": 1, "subscribers": 0}\r\n`,
                );
            });
        } else {
            this.#subscribe(
                place,
                url,
                channels,
                String(request.headers['last-event-id'] ?? ''),
                String(request.headers['x-nginx-pushstream-mode'] ?? ''),
                response,
            );
        }
    }

    #subscribe(
        place: string,
        url: URL,
        channels: string[],
        last: string,
        mode: string,
        response: ServerResponse,
    ): void {
        const isPoll = place === 'lp';
        const client: Client = {
            channels,
            send: (body) => {
                if (isPoll) {
                    response.write(`${JSON.stringify(body)}\r\n`);
                    this.#clients.delete(client);
                    // More may be said in the same moment.
                    setImmediate(() => response.end());
                } else {
                    response.write(`id: ${body.cursor}\ndata: ${JSON.stringify(body)}\n\n`);
                }
            },
            end: () => response.destroy(),
            bye: (hint) => {
                response.end(isPoll ? '' : `event: reconnect\ndata: ${hint}\n\n`);
            },
        };
        const asks = url.searchParams.get('eventid') || url.searchParams.get('position');
        if (isPoll && mode === 'polling' && !asks) {
            response.writeHead(304, { 'X-PubSub-Cursor': this.cursor });
            response.end();
            return;
        }
        response.writeHead(200, { 'Content-Type': isPoll ? 'application/json' : 'text/event-stream; charset=utf-8' });
        response.flushHeaders();
        if (!isPoll) {
            response.write(`: \nid: ${this.cursor}\nretry: 10\n\n`);
        }
        this.#admit(client, url, last);
        response.on('close', () => this.#clients.delete(client));
    }

    #admit(client: Client, url: URL, last: string): void {
        const asked = last || url.searchParams.get('eventid') || url.searchParams.get('position') || '';
        this.#clients.add(client);
        if (asked === '') {
            if (url.searchParams.get('hello') === '1') {
                client.send({ id: -4, channel: '', text: '', cursor: this.cursor });
            }
            return;
        }
        const [epoch, number] = asked.split(':');
        const after = Number(number);
        if (epoch !== this.epoch || this.#lost > after) {
            client.send({ id: -4, channel: client.channels[0], text: '', reset: true, cursor: this.cursor });
            return;
        }
        for (const kept of this.#messages.filter(
            ({ channel, number }) => client.channels.includes(channel) && number > after,
        )) {
            client.send(kept.body);
        }
    }
}
