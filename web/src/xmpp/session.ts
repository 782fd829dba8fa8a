/**
 * Keeps a connection: tries one road after the other, and after a loss again, later each time, until it is told to stop.
 *
 * Knows roads, waits and logins. Does not know what is said over the connection.
 */

import { BackOff, type BackOffOptions, sleep } from '../backoff.js';
import type { Dial, Down, Link, Login, Road } from './link.js';

/** How a connection is doing. */
export type SessionStatus =
    | { readonly kind: 'connecting'; readonly road: Road }
    | { readonly kind: 'connected'; readonly road: Road; readonly jid: string }
    | { readonly kind: 'waiting'; readonly reason: string; readonly milliseconds: number }
    | { readonly kind: 'refused'; readonly reason: string };

/** What a session tells. */
export interface SessionHears {
    status(status: SessionStatus): void;
    up(link: Link): void;
    message(message: Element, link: Link): void;
    down(): void;
}

export interface SessionSettings {
    /** In this order; the one that worked last is tried first. */
    readonly roads: readonly Road[];
    readonly urls: Readonly<Record<Road, string>>;
    readonly backOff: BackOffOptions;
    /** An attempt has failed after this time, in milliseconds. */
    readonly connectTimeout: number;
}

export class Session {
    readonly #settings: SessionSettings;
    readonly #dial: Dial;
    readonly #hears: SessionHears;
    readonly #stop = new AbortController();
    #link: Link | null = null;

    constructor(settings: SessionSettings, dial: Dial, hears: SessionHears) {
        this.#settings = settings;
        this.#dial = dial;
        this.#hears = hears;
    }

    /** The connection, while it is up. */
    get link(): Link | null {
        return this.#link;
    }

    /** Connects with one login after the other; the last one is used again after a loss. Resolves when it is over for good. */
    async run(logins: readonly Login[]): Promise<void> {
        const backOff = new BackOff(this.#settings.backOff);
        const roads = [...this.#settings.roads];
        const left = [...logins];
        let failed = 0;
        while (!this.#stop.signal.aborted) {
            const login = left.length > 1 ? left.shift() : left[0];
            // A session of BOSH can be gone on with over BOSH alone, and only once.
            const road = login === undefined || login.kind === 'jid' ? roads[0] : 'bosh';
            if (login === undefined || road === undefined) {
                return;
            }
            const end = await this.#live(road, login);
            if (this.#stop.signal.aborted) {
                return;
            }
            if (login.kind === 'restore') {
                // It was worth a try; nobody is kept waiting for it.
                continue;
            }
            if (end.isFinal || (login.kind === 'attach' && left[0] === login)) {
                this.#hears.status({ kind: 'refused', reason: end.reason });
                return;
            }
            if (end.wasUp) {
                failed = 0;
                backOff.reset();
            } else if (login.kind !== 'attach') {
                failed += 1;
                roads.push(...roads.splice(0, 1));
            }
            // The other road is tried at once, a second round later.
            if (failed % roads.length === 0) {
                const milliseconds = backOff.next();
                this.#hears.status({ kind: 'waiting', reason: end.reason, milliseconds });
                await sleep(milliseconds, this.#stop.signal, globalThis.window);
            }
        }
    }

    /** Ends the connection and all attempts. */
    stop(): void {
        this.#stop.abort();
        this.#link?.close();
        this.#link = null;
    }

    /** One connection, from the attempt to its end. */
    #live(road: Road, login: Login): Promise<Down & { wasUp: boolean }> {
        this.#hears.status({ kind: 'connecting', road });
        return new Promise((resolve) => {
            let wasUp = false;
            let dialled: Link | null = null;
            const end = (down: Down) => {
                clearTimeout(patience);
                this.#stop.signal.removeEventListener('abort', stopped);
                this.#link = null;
                if (wasUp) {
                    this.#hears.down();
                }
                resolve({ ...down, wasUp });
            };
            const stopped = () => {
                dialled?.close();
                end({ reason: 'stopped', isFinal: true });
            };
            const patience = setTimeout(() => {
                dialled?.close();
                end({ reason: `no connection after ${this.#settings.connectTimeout} ms`, isFinal: false });
            }, this.#settings.connectTimeout);
            this.#stop.signal.addEventListener('abort', stopped);
            const url = this.#settings.urls[road];
            dialled = this.#dial(road, url, login, {
                up: (link) => {
                    clearTimeout(patience);
                    wasUp = true;
                    this.#link = link;
                    this.#hears.status({ kind: 'connected', road, jid: link.jid });
                    this.#hears.up(link);
                },
                message: (message) => {
                    if (this.#link !== null) {
                        this.#hears.message(message, this.#link);
                    }
                },
                down: end,
            });
        });
    }
}
