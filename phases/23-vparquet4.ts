import type { RangeReader } from '../lib/bytes/range.ts'
import { LabError } from '../lib/error.ts'
import { type Block, openVparquet } from '../lib/formats/vparquet/block.ts'
import { decodeVparquet, notHeld } from '../lib/formats/vparquet/reader.ts'
import { vparquetSource } from '../lib/formats/vparquet/source.ts'
import { writeBlock } from '../lib/formats/vparquet/writer/block.ts'
import { joinById } from '../lib/import/sort.ts'
import type { Trace } from '../lib/model/trace.ts'
import { parquetParts } from '../lib/parquet/read/parts.ts'
import { openPack, PackWriter } from '../lib/storage/pack.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import type { Phase } from './phase.ts'

const tenantId = 'single-tenant'
const blockId = '00000000-0000-4000-8000-000000000023'
const data = `${tenantId}/${blockId}/data.parquet`

/** The block in a file that holds all of its parts. */
async function open(file: RangeReader): Promise<Block> {
  const parts = await openPack(file)
  const partOf = (name: string) => parts.get(`${tenantId}/${blockId}/${name}`)
  const needed = (name: string) => partOf(name) ?? missing(name)
  const meta = needed('meta.json')
  const [text] = await meta.read([{ start: 0, end: meta.byteLength }])
  return openVparquet(needed('data.parquet'), Buffer.from(text!).toString(), {
    withPart: async (name, use) => {
      const part = partOf(name)
      return part && use(part)
    },
    warn: message => process.emitWarning(message),
  })
}

function missing(name: string): never {
  throw new LabError('corrupt', `list of parts: ${name} of block ${blockId} is missing`)
}

async function* decode(file: RangeReader): AsyncIterable<readonly Trace[]> {
  yield* decodeVparquet(await open(file))
}

/** Of the data by column, and of each other part. */
async function parts(file: RangeReader): Promise<Record<string, number>> {
  const found = await openPack(file)
  const others = [...found]
    .filter(([name]) => name !== data)
    .map(([name, part]): [string, number] => [name.split('/').at(-1)!, part.byteLength])
  const all: Record<string, number> = {
    ...(await parquetParts(found.get(data) ?? missing('data.parquet'))),
    ...Object.fromEntries(others),
  }
  const sum = Object.values(all).reduce((total, byteLength) => total + byteLength, 0)
  return { ...all, 'list of parts': file.byteLength - sum }
}

const phase: Phase = {
  title: 'vParquet4',
  idea: "Reference: a block as Grafana Tempo's, with its filters, index and meta.json; no dedicated columns.",
  fidelity: { traceOrder: false, spanOrder: false, attributeOrder: false, spanIds: 'kept', lossy: notHeld },
  encode: async (batches, sink) => {
    const pack = new PackWriter(sink)
    await writeBlock(joinById(batches), { store: pack, tenantId, blockId })
    await pack.finish()
  },
  refusal: surrogateRefusal,
  decode,
  open: async file => vparquetSource(await open(file)),
  parts,
}

export default phase
