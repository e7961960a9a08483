/** Seconds of one measured stretch: on the wall, and of CPU over all threads of the process. */
export interface Seconds {
  wall: number
  cpu: number
}

/** A stopwatch that runs only inside the phase: whatever the harness does for it is taken out with `outside`. */
export class Clock {
  #wall = 0
  #cpu = 0
  #wallStart = 0
  #cpuStart = 0
  #isRunning = false

  start(): void {
    this.#isRunning = true
    this.#cpuStart = cpuMicros()
    this.#wallStart = performance.now()
  }

  stop(): void {
    if (!this.#isRunning) return
    this.#wall += performance.now() - this.#wallStart
    this.#cpu += cpuMicros() - this.#cpuStart
    this.#isRunning = false
  }

  /** Runs `work` with the clock stopped. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    const wasRunning = this.#isRunning
    this.stop()
    try {
      return await work()
    } finally {
      if (wasRunning) this.start()
    }
  }

  /** Runs `work` with the clock running. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    this.start()
    try {
      return await work()
    } finally {
      this.stop()
    }
  }

  read(): Seconds {
    return { wall: this.#wall / 1e3, cpu: this.#cpu / 1e6 }
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
