/**
 * Listeners by the name of what they wait for.
 *
 * A listener that throws stops neither the others nor the one who tells: its error is reported as an uncaught one.
 */

export type Listener<Arguments extends unknown[]> = (...told: Arguments) => void;

/** Takes a listener away again; a second call does nothing. */
export type Off = () => void;

export class Emitter<Events extends Record<keyof Events, unknown[]>> {
    readonly #listeners = new Map<keyof Events, Set<unknown>>();

    /** Calls `listener` each time from now on, until what this returns is called. */
    on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): Off {
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners);
        listeners.add(listener);
        return () => this.off(name, listener);
    }

    /** Takes `listener` away. */
    off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
        this.#listeners.get(name)?.delete(listener);
    }

    /** Whether anybody listens. */
    hears(name: keyof Events): boolean {
        return (this.#listeners.get(name)?.size ?? 0) > 0;
    }

    /** Tells all who listen now. */
    emit<Name extends keyof Events>(name: Name, ...told: Events[Name]): void {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            guarded(() => (listener as Listener<Events[Name]>)(...told));
        }
    }
}

/** Calls what is not ours: its error is reported, and is nobody else's concern. */
export function guarded(call: () => void): void {
    try {
        call();
    } catch (error) {
        queueMicrotask(() => {
            throw error;
        });
    }
}
