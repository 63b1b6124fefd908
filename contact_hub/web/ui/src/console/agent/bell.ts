// The bell of an offer: two soft tones, again every two seconds until somebody answers. Made here, so that nothing has to be loaded for it.

export class Bell {
  #context: AudioContext | null = null;
  #again: ReturnType<typeof setInterval> | undefined;

  /** Browsers keep quiet until the person has touched the page. */
  get blocked(): boolean {
    return this.#context !== null && this.#context.state !== "running";
  }

  get ringing(): boolean {
    return this.#again !== undefined;
  }

  /** Call from a click or a key: allows sound from then on. */
  async wake(): Promise<void> {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") await this.#context.resume();
  }

  async test(): Promise<void> {
    await this.wake();
    this.#strike();
  }

  start(): void {
    if (this.#again !== undefined) return;
    this.#context ??= new AudioContext();
    this.#strike();
    this.#again = setInterval(() => this.#strike(), 2_000);
  }

  stop(): void {
    clearInterval(this.#again);
    this.#again = undefined;
  }

  close(): void {
    this.stop();
    void this.#context?.close();
    this.#context = null;
  }

  #strike(): void {
    const context = this.#context;
    if (!context || context.state !== "running") return;
    this.#tone(context, 660, context.currentTime);
    this.#tone(context, 880, context.currentTime + 0.18);
  }

  #tone(context: AudioContext, hertz: number, at: number): void {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.18, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}
