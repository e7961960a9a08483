import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../lib/error.ts'
import { freePorts } from './ports.ts'

/** Real Kafka: brokers in KRaft mode on loopback, which end with the process that has started them. */

const version = '3.9.1'
const loggerVersion = '1.7.36'
const cache = join(homedir(), '.cache', 'trace-lab', `kafka-${version}`)
const downloadMillis = 300_000
const run = promisify(execFile)

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>trace-lab</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>${loggerVersion}</version></dependency>
  </dependencies>
</project>
`

const logging = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
`

let found: Promise<string | undefined> | undefined

/** Why Kafka cannot be had here; undefined where its classes are in the cache, where the first call puts them. */
export function kafkaMissing(): Promise<string | undefined> {
  found ??= fetchKafka().then(
    () => undefined,
    error =>
      `real Kafka is skipped: ${error.code === 'ENOENT' ? `there is no ${error.path} (Debian: openjdk-17-jre-headless, maven)` : messageOf(error)}`,
  )
  return found
}

async function fetchKafka(): Promise<void> {
  await run('java', ['-version'])
  if (existsSync(cache)) return
  await mkdir(join(cache, '..'), { recursive: true })
  const folder = await mkdtemp(`${cache}-`)
  try {
    await writeFile(join(folder, 'pom.xml'), pom)
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib']
    await run('mvn', ['-q', '-B', ...goal], { cwd: folder, timeout: downloadMillis })
    await writeFile(join(folder, 'log4j.properties'), logging)
    await rename(folder, cache).catch(error => {
      if (!existsSync(cache)) throw error
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One broker, which is a controller too. */
export class Broker {
  readonly address: string
  readonly #folder: string
  #shell: ChildProcess | undefined
  #pid = 0

  constructor(folder: string, port: number) {
    this.#folder = folder
    this.address = `127.0.0.1:${port}`
  }

  get pid(): number {
    return this.#pid
  }

  /** Starts it, or starts it again with what it had. */
  async start(): Promise<void> {
    const java = ['java', '-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
    const options = [`-Dlog4j.configuration=file:${cache}/log4j.properties`, '-cp', `${cache}/lib/*`]
    const server = ['kafka.Kafka', join(this.#folder, 'server.properties')]
    // The shell ends the broker when its input ends, which it does with this process, however that ends.
    const watch = '(cat <&3; kill -9 $pid) >/dev/null 2>&1 &'
    const script = `exec 3<&0; "$@" </dev/null >>"$LOG" 2>&1 & pid=$!; echo $pid; ${watch} wait $pid`
    this.#shell = spawn('sh', ['-c', script, 'sh', ...java, ...options, ...server], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // Of a group of its own: Ctrl-C is for who has started it, and ends it in turn.
      detached: true,
      env: { ...process.env, LOG: join(this.#folder, 'log') },
    })
    const [line] = await once(this.#shell.stdout!, 'data')
    this.#shell.stdout!.resume()
    this.#pid = Number(line)
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pid, signal)
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    if (this.#shell === undefined) return
    const shell = this.#shell
    this.#shell = undefined
    const ended = shell.exitCode === null ? once(shell, 'exit') : undefined
    shell.stdin!.end()
    await ended
  }

  /** Bytes of the batches of a topic as they lie on its disk. */
  async topicBytes(topic: string): Promise<number> {
    const data = join(this.#folder, 'data')
    const files = (await readdir(data, { recursive: true })).filter(
      name => name.startsWith(`${topic}-`) && name.endsWith('.log'),
    )
    const sizes = await Promise.all(files.map(async name => (await stat(join(data, name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** The last of what it has written. */
  async log(): Promise<string> {
    return (await readFile(join(this.#folder, 'log'), 'utf8').catch(() => '')).slice(-2_000)
  }
}

/** Who may come in through the listener with TLS. */
export interface Login {
  readonly username: string
  readonly password: string
  /** A key and its certificate as PEM. */
  readonly pem: string
}

/** A cluster of brokers. */
export class KafkaCluster {
  readonly nodes: readonly Broker[]
  /** Where the first broker listens with TLS and SASL, if it does. */
  readonly secureAddress: string
  readonly #folder: string

  private constructor(nodes: readonly Broker[], secureAddress: string, folder: string) {
    this.nodes = nodes
    this.secureAddress = secureAddress
    this.#folder = folder
  }

  get address(): string {
    return this.nodes.map(({ address }) => address).join(',')
  }

  /** Starts so many brokers: one, or three with replication 3 of which 2 must be in sync. */
  static async start(count: 1 | 3, login?: Login): Promise<KafkaCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-kafka-'))
    const ports = await freePorts(count * 2 + 1)
    const voters = Array.from({ length: count }, (_, i) => `${i + 1}@127.0.0.1:${ports[count + i]}`).join(',')
    const clusterId = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url')
    const nodes = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const own = join(folder, String(i + 1))
        await mkdir(join(own, 'data'), { recursive: true })
        const settings = settingsOf(i + 1, count, ports[i]!, ports[count + i]!, voters, join(own, 'data'))
        if (login) Object.assign(settings, secureSettings(settings, ports.at(-1)!, login))
        await writeFile(join(own, 'server.properties'), printSettings(settings))
        await writeFile(join(own, 'data', 'meta.properties'), `version=1\ncluster.id=${clusterId}\nnode.id=${i + 1}\n`)
        return new Broker(own, ports[i]!)
      }),
    )
    const cluster = new KafkaCluster(nodes, `127.0.0.1:${ports.at(-1)}`, folder)
    await Promise.all(nodes.map(node => node.start()))
    return cluster
  }

  /** Bytes of a topic as they lie in the log, one copy of them. */
  async topicBytes(topic: string): Promise<number> {
    const bytes = await Promise.all(this.nodes.map(node => node.topicBytes(topic)))
    return bytes.reduce((sum, own) => sum + own, 0) / this.nodes.length
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.kill()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function settingsOf(id: number, count: number, port: number, controllerPort: number, voters: string, data: string) {
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    'default.replication.factor': count,
    'min.insync.replicas': count === 1 ? 1 : 2,
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'replica.lag.time.max.ms': 3_000,
    // Twice a second, as is the default, it takes 20 of the 110 ms of CPU per second that three idle brokers take.
    'metadata.max.idle.interval.ms': 5_000,
    'log.cleaner.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
  }
}

/** Beside the open listener, which brokers use among themselves, one for those who log in. */
function secureSettings(open: ReturnType<typeof settingsOf>, port: number, { username, password, pem }: Login) {
  const listener = `SASL_SSL://127.0.0.1:${port}`
  const [, key, certificate] = /^(-.*?-----END PRIVATE KEY-----\n)(.*)$/s.exec(pem)!
  return {
    listeners: `${open.listeners},${listener}`,
    'advertised.listeners': `${open['advertised.listeners']},${listener}`,
    'listener.security.protocol.map': `${open['listener.security.protocol.map']},SASL_SSL:SASL_SSL`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': key!.replaceAll('\n', '\\n'),
    'ssl.keystore.certificate.chain': certificate!.replaceAll('\n', '\\n'),
  }
}

function printSettings(settings: object): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
