import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fnv1 } from '../../../../lib/bytes/hash.ts'
import { partitioner } from '../../../../lib/cluster/records/partition.ts'
import { describeReference, referencePath } from '../../traceql/references.ts'

describeReference('beside Tempo', ['tempo-api-samples'], () => {
  test('tokens are those of Tempo: FNV-1 of tenant and trace id', () => {
    const { ids } = JSON.parse(readFileSync(referencePath('tempo-api-samples/bloom-vectors.json'), 'utf8')) as {
      ids: { ID: string; Token: number }[]
    }
    for (const { ID, Token } of ids) {
      expect(fnv1(Buffer.from(ID, 'hex'))).toBe(Token)
      expect(partitioner('', 1000)(Buffer.from(ID, 'hex'))).toBe(Token % 1000)
    }
  })
})

test('the token is FNV-1 of the tenant and the id as one', () => {
  expect(fnv1(Buffer.from('a'))).toBe(0x050c5d7e)
  expect(partitioner('te', 1 << 30)(Buffer.from('am'))).toBe(fnv1(Buffer.from('team')) % (1 << 30))
})

test('partitions get equal shares, of ids that are random, of 64 bits, or numbers in a row', () => {
  const idsOf = {
    random: (i: number) => Buffer.from(`${fnv1(Buffer.from(`a${i}`))}`.padStart(10, '7').repeat(2).slice(0, 16)),
    short: (i: number) =>
      Buffer.concat([Buffer.alloc(8), Buffer.from(`${fnv1(Buffer.from(`b${i}`)) + 1e9}`.slice(0, 8))]),
    counted: (i: number) => Buffer.from(i.toString(16).padStart(32, '0'), 'hex'),
  }
  for (const [name, idOf] of Object.entries(idsOf))
    for (const count of [2, 3, 16, 1000 / 20]) {
      const shares = new Array<number>(count).fill(0)
      const partitionOf = partitioner('single-tenant', count)
      for (let i = 0; i < 20_000; i++) shares[partitionOf(idOf(i))]!++
      expect(Math.max(...shares), `${name} ids, ${count} partitions`).toBeLessThan((20_000 / count) * 1.4)
      expect(Math.min(...shares), `${name} ids, ${count} partitions`).toBeGreaterThan((20_000 / count) * 0.6)
    }
})
