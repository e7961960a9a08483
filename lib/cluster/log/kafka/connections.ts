import { isIP } from 'node:net'
import { type Broker, Connection, type ConnectionOptions } from '@platformatic/kafka'
import type { KafkaConfig } from './config.ts'
import { answeredCode } from './failures.ts'

/** Sends a request through a connection, and gives the answer. */
export type Send<T> = (connection: Connection) => Promise<T>

/** The client's own time limit of a request does not end its connection: ours do, and come first. */
const clientTimeoutMillis = 24 * 60 * 60_000

/**
 * Connections to brokers. A connection carries one request at a time, for a broker answers them in their order: one
 * that waits for records would hold up all behind it. Those that are free are kept.
 */
export class Connections {
  readonly #config: KafkaConfig
  readonly #options: ConnectionOptions
  readonly #free = new Map<string, Connection[]>()
  readonly #all = new Set<Connection>()
  #isClosed = false

  constructor(config: KafkaConfig) {
    this.#config = config
    this.#options = {
      connectTimeout: config.dialTimeoutMillis,
      requestTimeout: clientTimeoutMillis,
      ...(config.sasl && { sasl: { ...config.sasl } }),
      ...(config.tls && { tls: config.tls }),
    }
  }

  /** Asks a broker. Where it does not answer in time, or its answer cannot be read, the connection ends. */
  async ask<T>(broker: Broker, millis: number, send: Send<T>): Promise<T> {
    const connection = await this.#borrow(broker)
    const timer = setTimeout(() => connection.socket.destroy(), millis)
    try {
      const answer = await send(connection)
      this.#giveBack(broker, connection)
      return answer
    } catch (error) {
      if (answeredCode(error) === undefined) this.#end(connection)
      else this.#giveBack(broker, connection)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#all) this.#end(connection)
  }

  async #borrow(broker: Broker): Promise<Connection> {
    const free = this.#free.get(keyOf(broker)) ?? []
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (connection.isConnected()) return connection
      this.#end(connection)
    }
    return this.#connect(broker)
  }

  async #connect({ host, port }: Broker): Promise<Connection> {
    if (this.#isClosed) throw new Error('the log is closed')
    // An address is no name that a server could be asked for by.
    const named = this.#options.tls && !isIP(host) ? { tlsServerName: host } : {}
    const connection = new Connection(this.#config.clientId, { ...this.#options, ...named })
    connection.on('error', () => this.#end(connection))
    connection.on('close', () => this.#all.delete(connection))
    this.#all.add(connection)
    await connection.connect(host, port)
    if (!this.#isClosed) return connection
    this.#end(connection)
    throw new Error('the log is closed')
  }

  #giveBack(broker: Broker, connection: Connection): void {
    if (this.#isClosed) return this.#end(connection)
    const free = this.#free.get(keyOf(broker))
    if (free === undefined) this.#free.set(keyOf(broker), [connection])
    else free.push(connection)
  }

  #end(connection: Connection): void {
    this.#all.delete(connection)
    // Closing ends its timers as well, but would wait for what is not sent yet.
    connection.close(() => {})
    connection.socket?.destroy()
  }
}

function keyOf({ host, port }: Broker): string {
  return `${host}:${port}`
}
