import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Producer, ResponseError } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { KafkaCluster, kafkaMissing } from '../../../../harness/stack/kafka.ts'
import { asking, leaderOf } from '../../../../harness/stack/kafka-asking.ts'
import { defaultKafka, type KafkaConfig } from '../../../../lib/cluster/log/kafka/config.ts'
import { fetchBatches } from '../../../../lib/cluster/log/kafka/fetch.ts'
import { KafkaLog } from '../../../../lib/cluster/log/kafka/kafka-log.ts'
import { LogError, type LogRecord, type PartitionedLog } from '../../../../lib/cluster/log/log.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'
import { deleteTopic, growTopic, newTopic, openTopic, setTopic } from '../../../support/kafka-log.ts'
import { logRejection, readAll, recordOf, textsOf } from '../../../support/log.ts'
import { spyOnProduce } from '../../../support/produce-spy.ts'

const seed = Number(process.env.SEED ?? 20261128)
const missing = await kafkaMissing()
const describeKafka = (name: string, suite: () => void) =>
  missing === undefined ? describe(name, suite) : describe.skip(`${name}: ${missing}`, suite)

describe('where no broker answers', () => {
  const impatient = { ...defaultKafka, dialTimeoutMillis: 300, writeTimeoutMillis: 700 }

  async function openFailing(config: Partial<KafkaConfig>): Promise<[LogError, number]> {
    const started = performance.now()
    const error = await logRejection(KafkaLog.open({ ...impatient, ...config }))
    return [error, performance.now() - started]
  }

  async function listening(
    onConnection: (server: Server) => void = () => {},
  ): Promise<{ server: Server; address: string }> {
    const server = createServer(socket => {
      socket.on('error', () => {})
      onConnection(server)
      socket.resume()
      server.once('close', () => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, address: `127.0.0.1:${(server.address() as { port: number }).port}` }
  }

  test('a port where nobody listens is named, in one line, in time', async () => {
    const { server, address } = await listening()
    server.close()
    const [error, millis] = await openFailing({ address })
    expect(error.reason).toBe('unreachable')
    expect(error.message).toBe(`log "tempo-ingest": Connection to ${address} failed: connect ECONNREFUSED ${address}`)
    expect(millis).toBeLessThan(3_000)
  })

  test('one that takes connections and says nothing holds nobody up', async () => {
    const { server, address } = await listening()
    const [error, millis] = await openFailing({ address })
    expect(error.reason).toBe('unreachable')
    expect(error.message).toBe('log "tempo-ingest": no broker has answered in time')
    expect(millis).toBeLessThan(3_000)
    server.close()
  })

  test('one that speaks something else is an error in one line', async () => {
    const server = createServer(socket => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const [error] = await openFailing({ address: `127.0.0.1:${(server.address() as { port: number }).port}` })
    expect(error.message).toMatch(/^log "tempo-ingest": [^\n]+$/)
    server.close()
  })

  test('what went wrong is told, though the last attempt of all got no answer in time', async () => {
    let isFirst = true
    const server = createServer(socket => {
      socket.on('error', () => {}).resume()
      if (isFirst) socket.destroy()
      else server.once('close', () => socket.destroy())
      isFirst = false
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const [error] = await openFailing({ address: `127.0.0.1:${(server.address() as { port: number }).port}` })
    expect(error.message).toMatch(/^log "tempo-ingest": [^\n]+$/)
    expect(error.message).not.toContain('answered in time')
    server.close()
  })
})

describeKafka('one broker', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await KafkaCluster.start(1)
    await (await newTopic(cluster, 1)).log.close()
  })
  afterAll(() => cluster.stop())

  const open = (config: Partial<KafkaConfig>) => KafkaLog.open({ ...defaultKafka, address: cluster.address, ...config })

  test('a topic that is missing is made only where that is asked for', async () => {
    const error = await logRejection(open({ topic: 'absent' }))
    expect(error.reason).toBe('refused')
    expect(error.message).toBe('log "absent": there is no such topic; make it, or set auto_create_topic_enabled')
    const refused = await logRejection(open({ topic: 'not/allowed', createTopic: { partitionCount: 1 } }))
    expect(refused.message).toMatch(/^log "not\/allowed": Kafka answers INVALID_TOPIC_EXCEPTION/)
    const openers = Array.from({ length: 5 }, () => open({ topic: 'asked-for', createTopic: { partitionCount: 7 } }))
    for (const log of await Promise.all(openers)) {
      expect(await log.partitionCount()).toBe(7)
      await log.close()
    }
  })

  test('a topic that was deleted and made anew is another log, for reads and appends', async () => {
    const { log, config } = await newTopic(cluster, 1)
    const appender = (await openTopic(cluster, config)).log
    await appender.append(0, [recordOf('a')])
    await deleteTopic(cluster, config.topic)
    const anew = await eventually(async () => {
      const { log: found } = await openTopic(cluster, config)
      expect(found.identity).not.toEqual(log.identity)
      return found
    })
    const error = await logRejection(log.read(0, 1, 100, 0))
    expect(error.reason).toBe('foreign')
    expect(error.message).toMatch(
      /: it was \S+ and is \S+ now: the topic was made anew, or the address leads to another/,
    )
    for (const asked of await Promise.all([log.append(0, [recordOf('b')]), log.end(0)].map(logRejection)))
      expect(asked.reason).toBe('foreign')
    // Appends name the topic, not its id: they find out when they look again who leads it.
    const late = await logRejection(appendUntilRefused(appender))
    expect(late.reason).toBe('foreign')
    await anew.close()
  })

  test('partitions that are added are found by themselves', async () => {
    const { log, config } = await newTopic(cluster, 1)
    await growTopic(cluster, config.topic, 3)
    expect(await eventually(() => log.append(2, [recordOf('a')]))).toBe(0)
    expect(await log.partitionCount()).toBe(3)
    await log.close()
  })

  test('batches of other producers are read, compressed or not, from their middle too', async () => {
    const { log, config } = await newTopic(cluster, 1)
    const producer = new Producer({ clientId: 'other', bootstrapBrokers: [cluster.address] })
    const expected: string[] = []
    for (const compression of ['none', 'gzip', 'snappy', 'lz4'] as const) {
      const texts = Array.from({ length: 50 }, (_, i) => `${compression} ${i} ${'x'.repeat(i * 10)}`)
      expected.push(...texts)
      const messages = texts.map(text => ({ topic: config.topic, partition: 0, value: Buffer.from(text) }))
      await producer.send({ messages, compression, acks: -1 })
    }
    await producer.close()
    expect(textsOf(await readAll(log, 0))).toEqual(expected)
    for (const from of [1, 60, 125, 199]) {
      const { records } = await log.read(0, from, 1 << 20, 0)
      expect([records[0]!.offset, textsOf(records)[0]]).toEqual([from, expected[from]])
    }
    expect(textsOf(await readAll(log, 0, 0, 300))).toEqual(expected)
  })

  test('batches that the broker has compressed are read, whatever the topic says', async () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
      const { log, config } = await newTopic(cluster, 1)
      await setTopic(cluster, config.topic, 'compression.type', compression)
      const texts = Array.from({ length: 6 }, (_, i) => `${i} ${'y'.repeat(i * 40_000)}`)
      await eventually(async () => {
        const offset = await log.append(0, texts.map(recordOf))
        const { records } = await log.read(0, offset + 1, 1 << 20, 0)
        expect(textsOf(records)).toEqual(texts.slice(1))
      })
      await log.close()
    }
  })

  test('what is appended is compressed on its way, kept so by the broker, and read by any number of bytes', async () => {
    const { log, config } = await newTopic(cluster, 1)
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'span '.repeat(1_000 * (i % 7))}`)
    const byteLength = texts.join('').length
    let sentBytes = 0
    const spy = spyOnProduce(async (send, request) => {
      sentBytes += request.length
      return send()
    })
    for (let start = 0; start < texts.length; start += 10)
      await log.append(0, texts.slice(start, start + 10).map(recordOf))
    spy.mockRestore()
    expect(sentBytes).toBeLessThan(byteLength / 20)
    const { address } = await leaderOf(cluster, config.topic, 0)
    const wanted = { topicId: log.identity.topicId, partition: 0, from: 0, maxBytes: 1 << 20, waitMillis: 0 }
    const { batches } = await asking(address, connection => fetchBatches(connection, wanted))
    expect([batches.readInt16BE(21) & 7, batches.length < byteLength / 20]).toEqual([4, true])
    for (const maxBytes of [1, 20_000, 100_000, 1 << 20])
      expect(textsOf(await readAll(log, 0, 0, maxBytes))).toEqual(texts)
    expect((await log.read(0, 0, 20_000, 0)).next).toBe(3)
    await log.close()
  })

  test('marks of transactions are passed over', async () => {
    const { log, config } = await newTopic(cluster, 1)
    const producer = new Producer({
      clientId: 'other',
      bootstrapBrokers: [cluster.address],
      idempotent: true,
      transactionalId: `tx-${config.topic}`,
    })
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [{ topic: config.topic, partition: 0, value: Buffer.from('in it') }] })
    await transaction.commit()
    await producer.close()
    await eventually(async () => expect(await log.end(0)).toBe(2))
    await log.append(0, [recordOf('after')])
    const records = await readAll(log, 0)
    expect(textsOf(records)).toEqual(['in it', 'after'])
    expect(records.map(({ offset }) => offset)).toEqual([0, 2])
    expect(await log.read(0, 1, 1, 0)).toMatchObject({ records: [], next: 2 })
  })

  test("a record within our limit and beyond the topic's names the topic's setting", async () => {
    const { log, config } = await newTopic(cluster, 1, { maxRecordBytes: 10_000 })
    const generous = (await openTopic(cluster, { ...config, maxRecordBytes: 1_000_000 })).log
    const draw = drawsOf(seed)
    const incompressible = Buffer.from(Array.from({ length: 100_000 }, () => draw() * 256))
    const error = await logRejection(generous.append(0, [{ value: incompressible, timeMillis: Date.now() }]))
    expect(error.reason).toBe('too large')
    expect(error.message).toMatch(/, partition 0: a batch of 100000 bytes is beyond the topic's max\.message\.bytes/)
    expect(await generous.append(0, [recordOf('small')])).toBe(0)
    await Promise.all([log.close(), generous.close()])
  })

  test(`a lost acknowledgement appends nothing twice, and nothing overtakes (seed ${seed})`, async () => {
    const { log } = await newTopic(cluster, 1)
    const draw = drawsOf(seed)
    let lost = 0
    const spy = spyOnProduce(async send => {
      const answer = await send()
      if (draw() < 0.6) return answer
      lost++
      throw new Error('the connection broke')
    })
    const texts = Array.from({ length: 60 }, (_, i) => `record ${i}`)
    const offsets: Promise<number>[] = []
    for (const text of texts) {
      offsets.push(log.append(0, [recordOf(text)]))
      // Sent in many requests, however slow the machine is.
      if (draw() < 0.5) await offsets.at(-1)
    }
    expect(await Promise.all(offsets)).toEqual([...texts.keys()])
    expect(textsOf(await readAll(log, 0))).toEqual(texts)
    expect(lost).toBeGreaterThan(5)
    spy.mockRestore()
    await log.close()
  })

  test('an append that gets no answer fails in time, and those behind it go on', async () => {
    const { log } = await newTopic(cluster, 1, { writeTimeoutMillis: 700 })
    expect(await log.append(0, [recordOf('before')])).toBe(0)
    let isFirst = true
    const spy = spyOnProduce(send => {
      if (!isFirst) return send()
      isFirst = false
      return new Promise(() => {})
    })
    const started = performance.now()
    const failing = logRejection(log.append(0, [recordOf('lost')]))
    await sleep(300)
    const behind = log.append(0, [recordOf('behind')])
    expect((await failing).message).toMatch(/, partition 0: no broker has answered in time$/)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(await behind).toBe(1)
    expect(textsOf(await readAll(log, 0))).toEqual(['before', 'behind'])
    spy.mockRestore()
    await log.close()
  })

  test('a producer that the broker has forgotten is replaced, and the append is made', async () => {
    const { log } = await newTopic(cluster, 1)
    expect(await log.append(0, [recordOf('a')])).toBe(0)
    const forgotten = new ResponseError(0, 9, { '/': [45, null] }, undefined)
    let attempts = 0
    const spy = spyOnProduce(send => (++attempts === 1 ? Promise.reject(forgotten) : send()))
    expect(await log.append(0, [recordOf('b')])).toBe(1)
    expect(attempts).toBe(2)
    spy.mockRestore()
    await log.close()
  })

  test('what was acknowledged is there after the broker was killed and started again', async () => {
    const { log } = await newTopic(cluster, 2)
    const appending = startAppending(log, 2)
    await sleep(1_000)
    await cluster.nodes[0]!.kill()
    await sleep(500)
    await cluster.nodes[0]!.start()
    await eventually(() => log.append(0, [recordOf('back')]))
    await sleep(500)
    await expectAllThere(log, await appending.stop())
    await log.close()
  })
})

const describeThree = isThorough
  ? describeKafka
  : (name: string, suite: () => void) => describe.skip(`${name}: runs with THOROUGH=1`, suite)

describeThree('three brokers, replication 3', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await KafkaCluster.start(3)
    await (await newTopic(cluster, 1)).log.close()
  }, 120_000)
  afterAll(() => cluster.stop())

  test('what was acknowledged is read exactly, and in order, while leaders are killed and frozen', async () => {
    const { log, config } = await newTopic(cluster, 2)
    const others = [(await openTopic(cluster, config)).log, (await openTopic(cluster, config)).log]
    const appending = [log, ...others].map(client => startAppending(client, 2))
    await sleep(1_000)
    const killed = await leaderOf(cluster, config.topic, 0)
    await killed.kill()
    await appendsGoOn(appending)
    await killed.start()
    await sleep(3_000)
    await appendsGoOn(appending)
    const frozen = await eventually(() => leaderOf(cluster, config.topic, 1))
    frozen.signal('SIGSTOP')
    await appendsGoOn(appending)
    frozen.signal('SIGCONT')
    await sleep(2_000)
    await appendsGoOn(appending)
    const acknowledged = (await Promise.all(appending.map(({ stop }) => stop()))).flat()
    await expectAllThere(log, acknowledged)
    await Promise.all([log, ...others].map(client => client.close()))
  }, 180_000)
})

async function appendUntilRefused(log: PartitionedLog): Promise<never> {
  for (;;) {
    await log.append(0, [recordOf('late')])
    await sleep(50)
  }
}

describeKafka('a broker with TLS and passwords', () => {
  test('lets in who has the certificate and the password, and says to others what is wrong', async () => {
    const pem = selfSigned()
    const login = { username: 'writer', password: 'open sesame' }
    const cluster = await KafkaCluster.start(1, { ...login, pem })
    const secure = { topic: 'spans', createTopic: { partitionCount: 1 }, address: cluster.secureAddress }
    const sasl = { mechanism: 'PLAIN', ...login } as const
    const impatient = { ...defaultKafka, ...secure, writeTimeoutMillis: 8_000 }
    try {
      await eventually(() => newTopic(cluster, 1))
      const { log } = await openTopic(cluster, { ...secure, sasl, tls: { ca: pem } })
      expect(await log.append(0, [recordOf('a')])).toBe(0)
      expect(textsOf(await readAll(log, 0))).toEqual(['a'])
      await log.close()
      const refusals: [Partial<KafkaConfig>, LogError['reason'], RegExp][] = [
        [{ tls: { ca: pem }, sasl: { ...sasl, password: 'wrong' } }, 'refused', /SASL authentication failed/],
        [{ tls: {}, sasl }, 'unreachable', /self-signed certificate/],
        [{ sasl }, 'unreachable', /: [^\n]+$/],
      ]
      for (const [config, reason, message] of refusals) {
        const error = await logRejection(KafkaLog.open({ ...impatient, ...config }))
        expect([error.reason, error.message]).toEqual([reason, expect.stringMatching(message)])
        expect(error.message).not.toContain('sesame')
      }
    } finally {
      await cluster.stop()
    }
  })
})

/** A key with a certificate of its own, for this machine. */
function selfSigned(): string {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '-', '-days', '2', ...names]
  return execFileSync('openssl', request, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
}

interface Acknowledged {
  readonly partition: number
  readonly offset: number
  readonly text: string
}

interface Appending {
  /** How many appends were acknowledged so far. */
  readonly count: () => number
  readonly stop: () => Promise<Acknowledged[]>
}

let appenderCount = 0

/** Appends to all partitions without waiting for one another, until it is stopped; what fails is not tried again. */
function startAppending(log: PartitionedLog, partitionCount: number): Appending {
  const acknowledged: Acknowledged[] = []
  const caller = `caller ${++appenderCount}`
  let isStopped = false
  let number = 0
  const pending = new Set<Promise<void>>()
  const append = async () => {
    const partition = number % partitionCount
    const records: LogRecord[] = [recordOf(`${caller}: ${number}`), recordOf(`${caller}: ${number}+`)]
    number++
    try {
      const offset = await log.append(partition, records)
      for (const [i, text] of textsOf(records).entries()) acknowledged.push({ partition, offset: offset + i, text })
    } catch (error) {
      if (!(error instanceof LogError) || error.reason !== 'unreachable') throw error
    }
  }
  const run = async () => {
    while (!isStopped) {
      const one = append().finally(() => pending.delete(one))
      pending.add(one)
      await (pending.size < 20 ? sleep(5) : Promise.race(pending))
    }
    await Promise.all(pending)
  }
  const running = run()
  const stop = async () => {
    isStopped = true
    await running
    return acknowledged
  }
  return { count: () => acknowledged.length, stop }
}

/** Waits until each has had more acknowledged. */
async function appendsGoOn(appending: readonly Appending[]): Promise<void> {
  const before = appending.map(({ count }) => count())
  await eventually(async () => {
    for (const [i, { count }] of appending.entries()) expect(count()).toBeGreaterThan(before[i]! + 40)
  })
}

/** Each record that was acknowledged is at its offset, none is there twice, and each caller's are in order. */
async function expectAllThere(log: PartitionedLog, acknowledged: readonly Acknowledged[]): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(100)
  for (const partition of [0, 1]) {
    const texts = textsOf(await eventually(() => readAll(log, partition)))
    const own = acknowledged.filter(one => one.partition === partition)
    expect(own.filter(({ offset, text }) => texts[offset] !== text)).toEqual([])
    expect(texts.length).toBe(new Set(texts).size)
    const latest = new Map<string, number>()
    for (const { text } of own.toSorted((a, b) => a.offset - b.offset)) {
      const [caller, number] = [text.split(':')[0]!, Number.parseInt(text.split(': ')[1]!, 10)]
      expect(number).toBeGreaterThanOrEqual(latest.get(caller) ?? 0)
      latest.set(caller, number)
    }
  }
}
