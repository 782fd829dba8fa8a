/** Whether the person looks at this window, as far as the browser tells. Without a window there is always somebody. */

export class Focus {
    #isThere: boolean;
    readonly #window: Window | undefined;
    readonly #changed: (isThere: boolean) => void;

    constructor(changed: (isThere: boolean) => void, window: Window | undefined = globalThis.window) {
        this.#changed = changed;
        this.#window = window;
        this.#isThere = window?.document?.hasFocus?.() ?? true;
        window?.addEventListener('focus', this.#came);
        window?.addEventListener('blur', this.#went);
    }

    get isThere(): boolean {
        return this.#isThere;
    }

    /** Listens no more. */
    close(): void {
        this.#window?.removeEventListener('focus', this.#came);
        this.#window?.removeEventListener('blur', this.#went);
    }

    readonly #came = () => this.#set(true);
    readonly #went = () => this.#set(false);

    #set(isThere: boolean): void {
        this.#isThere = isThere;
        this.#changed(isThere);
    }
}
