import { z } from 'zod'
import { LabError } from '../../error.ts'
import { checkShape, parseJson } from '../../storage/json.ts'
import { isKey } from '../../storage/store.ts'
import { clusterPrefix } from '../commits/commit.ts'

/** The objects by which instances say that they live: FORMAT.md, "Ring". */

/** An instance that others ask. */
export interface RingMember {
  readonly role: string
  /** Its name among those of its role. */
  readonly instance: string
  /** `http://host:port`. */
  readonly address: string
  /** Of a live store. */
  readonly partition?: number | undefined
}

/** What an instance wrote last. */
export interface RingEntry extends RingMember {
  /** Another number each time. */
  readonly beat: number
}

const whole = z.number().int().nonnegative()
const schema = z.object({
  version: z.literal(1),
  address: z.url({ protocol: /^https?$/ }),
  role: z.string(),
  partition: whole.optional(),
  beat: whole,
})

export function rolePrefix(role: string): string {
  return `${clusterPrefix}/ring/${role}/`
}

export function entryKey({ role, instance }: RingMember): string {
  const key = `${rolePrefix(role)}${instance}.json`
  if (!instance.includes('/') && isKey(key)) return key
  throw new LabError(
    'invalid',
    `instance ${JSON.stringify(instance.slice(0, 40))}: a name is of letters, digits and _.-, and begins with no dot or dash`,
  )
}

export function printEntry({ address, role, partition, beat }: RingEntry): Buffer {
  return Buffer.from(`${JSON.stringify({ version: 1, address, role, partition, beat })}\n`)
}

/** The entry of an object, whose key says the role and the instance. */
export function parseEntry(bytes: Uint8Array, key: string): RingEntry {
  const { address, role, partition, beat } = checkShape(schema, parseJson(bytes, key), key)
  const instance = key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '')
  if (key !== `${rolePrefix(role)}${instance}.json`)
    throw new LabError('corrupt', `${key}: is that of the role ${JSON.stringify(role.slice(0, 40))}`)
  return { role, instance, address, partition, beat }
}
