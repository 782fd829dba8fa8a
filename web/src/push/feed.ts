/**
 * Keeps a set of channels coming: one connection after another, each going on where the last one ended.
 *
 * Chooses among the ways that are there, falls back to the next when one does not get through, waits longer each time, and drops what
 * was told before. Knows no URLs' shapes: it asks its `Gateway` for each.
 */

import { BackOff, type BackOffOptions, sleep } from '../backoff.js';
import { type Heard, place, read } from './message.js';
import type { Connect, End, Opening, Transport } from './transport.js';

/** How a feed is doing. */
export type FeedStatus =
    | { readonly kind: 'connecting'; readonly transport: Transport }
    | { readonly kind: 'open'; readonly transport: Transport }
    | { readonly kind: 'waiting'; readonly reason: string; readonly milliseconds: number }
    /** It will not get better by itself: a wrong name, or no right to hear. */
    | { readonly kind: 'refused'; readonly reason: string }
    | { readonly kind: 'closed' };

/** What a feed tells. */
export interface FeedHears {
    heard(heard: Heard): void;
    status(status: FeedStatus): void;
}

/** From where to go on. */
export interface Place {
    /** After the last message; `null` before the first. */
    readonly cursor: string | null;
    /** What a list has said of where its rows end; of interest while there is no cursor. */
    readonly position: string | null;
    /** Where the gateway has told us to go on. */
    readonly elsewhere: string | null;
    /** Whether it follows a poll that was answered: what let that one in lets this one in. */
    readonly isContinued: boolean;
}

/** What an opening is made of, anew for each connection. */
export interface Gateway {
    opening(transport: Transport, place: Place, signal: AbortSignal): Promise<Opening>;
    /** Whether the next opening may have another token. */
    readonly canRenew: boolean;
}

export interface FeedSettings {
    /** In the order of trying. */
    readonly transports: readonly Transport[];
    readonly backOff: BackOffOptions;
    /** A connection that was silent for this long is given up, in milliseconds. Only where pings can be heard. */
    readonly silence: number;
    /** An attempt to connect has failed after this time, in milliseconds. */
    readonly connectTimeout: number;
}

/** A connection that lasted this long went well, in milliseconds. */
const LONG_ENOUGH = 5_000;
/** A poll that was answered sooner did not wait, in milliseconds. */
const SHORT = 1_000;
/** So many new tokens in a row may be refused. */
const MOST_RENEWALS = 1;
/** Channels whose last number is remembered; the oldest are forgotten first. */
const MOST_CHANNELS = 1000;
/** Pings of a WebSocket and comments of an event stream are not shown to pages. */
const HEARS_PINGS: readonly Transport[] = ['stream', 'longpoll'];

export class Feed {
    readonly #settings: FeedSettings;
    readonly #ways: ReadonlyMap<Transport, Connect>;
    readonly #gateway: Gateway;
    readonly #hears: FeedHears;
    readonly #stop = new AbortController();
    /** By channel: the last number that was told, of the gateway's epoch. */
    readonly #last = new Map<string, bigint>();
    #epoch = '';
    #cursor: string | null = null;
    #position: string | null;
    #elsewhere: string | null = null;
    /** Over which way it is open, as far as was told: a poll that follows another is no news. */
    #openOver: Transport | null = null;

    constructor(
        settings: FeedSettings,
        ways: ReadonlyMap<Transport, Connect>,
        gateway: Gateway,
        hears: FeedHears,
        from: Pick<Place, 'cursor' | 'position'>,
    ) {
        this.#settings = settings;
        this.#ways = ways;
        this.#gateway = gateway;
        this.#hears = hears;
        this.#cursor = from.cursor;
        this.#position = from.position;
    }

    /** Where the next connection goes on. */
    get cursor(): string | null {
        return this.#cursor;
    }

    /** Ends it for good. */
    stop(): void {
        if (!this.#stop.signal.aborted) {
            this.#stop.abort();
            this.#hears.status({ kind: 'closed' });
        }
    }

    /** Connects again and again; resolves when it is stopped or refused. */
    async run(): Promise<void> {
        const backOff = new BackOff(this.#settings.backOff);
        const transports = this.#settings.transports.filter((transport) => this.#ways.has(transport));
        let failed = 0;
        let renewals = 0;
        // Whoever made the client may listen to it first.
        await Promise.resolve();
        while (!this.#stop.signal.aborted) {
            const transport = transports[0];
            if (transport === undefined) {
                this.#hears.status({
                    kind: 'refused',
                    reason: 'this browser knows none of the ways that were asked for',
                });
                return;
            }
            const begun = performance.now();
            const end = await this.#live(transport);
            if (this.#stop.signal.aborted) {
                return;
            }
            if (end.didHear) {
                renewals = 0;
            }
            if (end.isFinal && end.isUnauthorized && this.#gateway.canRenew && renewals < MOST_RENEWALS) {
                // A token that has expired is replaced; one that is new and refused all the same is the end.
                renewals += 1;
                this.#openOver = null;
                continue;
            }
            if (end.isFinal) {
                this.#hears.status({ kind: 'refused', reason: end.reason });
                return;
            }
            if (end.didSpeak || performance.now() - begun > LONG_ENOUGH) {
                failed = 0;
                backOff.reset();
            }
            // A gateway that answers polls at once, and with nothing, is not asked again at once.
            if (end.isDone && (end.didHear || performance.now() - begun > SHORT)) {
                continue;
            }
            this.#openOver = null;
            // Where we were sent, and nobody was: back to where we came from.
            this.#elsewhere = end.elsewhere ?? (end.didSpeak ? this.#elsewhere : null);
            if (!end.didSpeak) {
                failed += 1;
                transports.push(...transports.splice(0, 1));
            }
            // Another way is tried at once, a second round later.
            if (failed === 0 || failed % transports.length === 0 || end.wait !== undefined) {
                const milliseconds = backOff.next(end.wait);
                this.#hears.status({ kind: 'waiting', reason: end.reason, milliseconds });
                await sleep(milliseconds, this.#stop.signal, globalThis.window);
            }
        }
    }

    /** One connection. It has spoken when something came over it: only then does this way lead to the gateway. */
    async #live(transport: Transport): Promise<End & { didSpeak: boolean; didHear: boolean }> {
        const connect = this.#ways.get(transport);
        const ended = new AbortController();
        const { signal } = ended;
        const stopped = () => ended.abort();
        this.#stop.signal.addEventListener('abort', stopped);
        let didSpeak = false;
        let didHear = false;
        let given: End | null = null;
        let patience: ReturnType<typeof setTimeout> | undefined;
        const wait = (milliseconds: number, reason: string) => {
            clearTimeout(patience);
            if (ended.signal.aborted) {
                return;
            }
            patience = setTimeout(() => {
                given = { reason, isFinal: false };
                ended.abort();
            }, milliseconds);
        };
        const spoke = () => {
            didSpeak = true;
            if (HEARS_PINGS.includes(transport)) {
                wait(this.#settings.silence, 'nothing was heard for too long');
            }
        };
        // A network that came back may have left a connection behind that nobody answers any more.
        const moved = () => {
            given = { reason: 'the network has changed', isFinal: false, isDone: true };
            ended.abort();
        };
        globalThis.window?.addEventListener('online', moved);
        if (this.#openOver !== transport) {
            this.#hears.status({ kind: 'connecting', transport });
        }
        wait(this.#settings.connectTimeout, `no answer after ${this.#settings.connectTimeout} ms`);
        try {
            const place = {
                cursor: this.#cursor,
                position: this.#position,
                elsewhere: this.#elsewhere,
                isContinued: this.#openOver === transport,
            };
            const opening = await this.#gateway.opening(transport, place, signal);
            if (signal.aborted) {
                return { reason: 'stopped', isFinal: false, didSpeak, didHear };
            }
            const end = (await connect?.(opening, {
                open: () => {
                    clearTimeout(patience);
                    if (transport === 'stream') {
                        // Something in between may hold a stream back: it counts when something comes.
                        wait(this.#settings.silence, 'nothing was heard for too long');
                    } else {
                        spoke();
                        this.#open(transport);
                    }
                },
                alive: () => {
                    spoke();
                    this.#open(transport);
                },
                value: (value) => {
                    didHear = true;
                    spoke();
                    this.#open(transport);
                    this.#hear(value);
                },
                cursor: (cursor) => {
                    didHear = true;
                    this.#goOnAfter(cursor);
                },
                hasCursor: () => this.#cursor !== null,
            })) ?? { reason: 'there is no such way', isFinal: false };
            return { ...(given ?? end), didSpeak, didHear };
        } catch (error) {
            return { ...(given ?? { reason: String(error), isFinal: false }), didSpeak, didHear };
        } finally {
            ended.abort();
            clearTimeout(patience);
            this.#stop.signal.removeEventListener('abort', stopped);
            globalThis.window?.removeEventListener('online', moved);
        }
    }

    #open(transport: Transport): void {
        if (this.#openOver !== transport && !this.#stop.signal.aborted) {
            this.#openOver = transport;
            this.#hears.status({ kind: 'open', transport });
        }
    }

    #hear(value: unknown): void {
        const heard = read(value);
        // What later versions may say beside messages is passed over.
        if (heard === null || this.#stop.signal.aborted) {
            return;
        }
        switch (heard.kind) {
            case 'message':
                if (!this.#isNews(heard.message.channel, heard.message.cursor)) {
                    return;
                }
                this.#goOnAfter(heard.message.cursor);
                break;
            case 'cursor':
                this.#goOnAfter(heard.cursor);
                return;
            case 'reset':
                this.#goOnAfter(heard.cursor);
                break;
            case 'deleted':
                break;
            case 'nothing':
                return;
        }
        this.#hears.heard(heard);
    }

    /** Whether a message was not told yet. Numbers rise within a channel; those of another epoch have nothing to do with ours. */
    #isNews(channel: string, cursor: string | null): boolean {
        const at = place(cursor);
        if (at === null) {
            return true;
        }
        if (at.epoch !== this.#epoch) {
            this.#epoch = at.epoch;
            this.#last.clear();
        }
        const last = this.#last.get(channel);
        if (last !== undefined && at.number <= last) {
            return false;
        }
        this.#last.delete(channel);
        this.#last.set(channel, at.number);
        for (const oldest of this.#last.keys()) {
            if (this.#last.size <= MOST_CHANNELS) {
                break;
            }
            this.#last.delete(oldest);
        }
        return true;
    }

    #goOnAfter(cursor: string | null): void {
        if (cursor === null) {
            return;
        }
        const [now, next] = [place(this.#cursor), place(cursor)];
        // Messages of several channels may come channel by channel.
        if (now === null || next === null || now.epoch !== next.epoch || next.number > now.number) {
            this.#cursor = cursor;
            this.#position = null;
        }
    }
}
