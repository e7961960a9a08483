import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultPatience, openBucket } from '../../lib/storage/s3/bucket.ts'
import type { S3Config } from '../../lib/storage/s3/config.ts'
import { eventually } from './eventually.ts'
import { freePorts } from './ports.ts'

/** A real object store on this machine: a Ceph cluster in memory of one monitor and one disk, and its S3 gateway. */
export interface Ceph {
  readonly endpoint: string
  /** The processes that have started its daemons. */
  readonly pids: readonly number[]
  /** A bucket of its own. */
  newBucket(): Promise<S3Config>
  /** Ends the gateway as a crash would, and starts it again. */
  killGateway(): Promise<void>
  startGateway(): Promise<void>
  end(): Promise<void>
}

const programs = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']
const isInstalled = programs.every(name =>
  (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, name))),
)

/** Why it cannot be had here; undefined where it can. */
export const cephMissing: string | undefined = isInstalled
  ? undefined
  : 'there is no Ceph here: apt-get install radosgw ceph-mon ceph-osd ceph-common'

const accessKey = 'tests'
const secretKey = 'tests-of-the-store'
const gatewayMillis = 15_000
const run = promisify(execFile)

/** Starts one, which ends with this process. To its buckets nothing can be added for half a minute after its gateway was killed. */
export async function startCeph(): Promise<Ceph> {
  const folder = mkdtempSync(join(tmpdir(), 'trace-storage-lab-ceph-'))
  const [monitorPort, port] = await freePorts(2)
  const settings = join(folder, 'ceph.conf')
  const cluster = randomUUID()
  writeFileSync(settings, settingsOf(folder, cluster, monitorPort!, port!))
  for (const name of ['mon', 'osd', 'run']) mkdirSync(join(folder, name))
  const map = join(folder, 'map')
  const monitor = `[v2:127.0.0.1:${monitorPort}]`
  await run('monmaptool', ['--create', '--fsid', cluster, '--addv', 'a', monitor, map])
  await run('ceph-mon', ['-c', settings, '--mkfs', '-i', 'a', '--monmap', map])
  const daemon = (name: string, ...args: string[]) => spawnTied('', name, '-c', settings, '-f', ...args)
  const first = spawnTied(folder, 'ceph-mon', '-c', settings, '-f', '-i', 'a')
  const disk = randomUUID()
  await run('ceph', ['-c', settings, 'osd', 'new', disk], { timeout: 30_000 })
  await run('ceph-osd', ['-c', settings, '-i', '0', '--mkfs', '--osd-uuid', disk])
  await run('ceph', ['-c', settings, 'osd', 'crush', 'add', 'osd.0', '1', 'root=default', 'host=one'])
  const second = daemon('ceph-osd', '-i', '0')
  const endpoint = `http://127.0.0.1:${port}`
  let gateway: ChildProcess | undefined
  const startGateway = async () => {
    gateway = daemon('radosgw', '-n', 'client.gateway')
    await eventually(async () => (await fetch(endpoint)).arrayBuffer(), gatewayMillis)
  }
  await startGateway()
  const keys = ['--access-key', accessKey, '--secret-key', secretKey]
  const user = ['user', 'create', '--uid', 'tests', '--display-name', 'tests', ...keys]
  await run('radosgw-admin', ['-c', settings, ...user])
  return {
    endpoint,
    get pids() {
      return [gateway!, second, first].flatMap(({ pid = [] }) => pid)
    },
    newBucket: () => makeBucket(endpoint),
    killGateway: () => endTied(gateway!),
    startGateway,
    async end() {
      for (const daemon of [gateway!, second, first]) await endTied(daemon)
    },
  }
}

async function makeBucket(endpoint: string): Promise<S3Config> {
  const config = { endpoint, bucket: `test-${randomUUID()}`, accessKey, secretKey }
  const { sdk, ask } = await openBucket(config, defaultPatience)
  await ask('', client => client.send(new sdk.CreateBucketCommand({ Bucket: config.bucket })))
  return config
}

/**
 * Starts a program that is killed when this process ends, however it ends: then its shell reads the end of its input. A
 * folder is removed then.
 */
function spawnTied(folder: string, ...command: string[]): ChildProcess {
  const script =
    '"$@" </dev/null >/dev/null 2>&1 & read -r _; kill -9 $!; wait; [ -z "$0" ] || { sleep 1; rm -rf "$0"; }'
  // Of a group of its own: Ctrl-C is for who has started it, and ends it in turn.
  const child = spawn('sh', ['-c', script, folder, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()
  return child
}

async function endTied(child: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.ref()
  child.stdin!.end()
  await ended
}

function settingsOf(folder: string, cluster: string, monitorPort: number, port: number): string {
  const none = ['cluster', 'service', 'client'].map(who => `auth_${who}_required = none`)
  const plain = ['ms_mon_client', 'ms_cluster', 'ms_service', 'ms_client'].map(who => `${who}_mode = crc`)
  return `[global]
fsid = ${cluster}
mon_initial_members = a
mon_host = v2:127.0.0.1:${monitorPort}
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv6 = false
${[...none, ...plain].join('\n')}
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
log_file = /dev/null
mon_cluster_log_file = /dev/null
run_dir = ${folder}/run
admin_socket = ${folder}/run/$name.asok
mon_data = ${folder}/mon
osd_data = ${folder}/osd
osd_mclock_skip_benchmark = true
rgw_frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw_dns_name = localhost
rgw_run_sync_thread = false
rgw_override_bucket_index_max_shards = 1
`
}
