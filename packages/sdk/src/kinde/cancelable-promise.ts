/** What a call is rejected with after `cancel()`. */
export class CancelError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CancelError'
  }

  get isCancelled(): boolean {
    return true
  }
}

/** A promise of a call that can be ended: `const call = Users.getUsers(); call.cancel()`. */
export class CancelablePromise<T> implements Promise<T> {
  readonly promise: Promise<T>
  readonly #controller = new AbortController()
  #isSettled = false

  /** @param start begins the call, which the signal ends */
  constructor(start: (signal: AbortSignal) => Promise<T>) {
    const { signal } = this.#controller
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new CancelError('Request aborted')), { once: true })
    })
    this.promise = Promise.race([start(signal), cancelled]).finally(() => {
      this.#isSettled = true
    })
  }

  get [Symbol.toStringTag](): string {
    return 'Cancellable Promise'
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<Kept = T, Failed = never>(
    onFulfilled?: ((value: T) => Kept | PromiseLike<Kept>) | null,
    onRejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Kept | Failed> {
    return this.promise.then(onFulfilled, onRejected)
  }

  catch<Failed = never>(onRejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null): Promise<T | Failed> {
    return this.promise.catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.promise.finally(onFinally)
  }

  /** Ends the call, unless it has ended. */
  cancel(): void {
    if (!this.#isSettled) this.#controller.abort()
  }

  get isCancelled(): boolean {
    return this.#controller.signal.aborted
  }
}
