import { describe, expect, it } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { defaultSeed, sizes, workloadNames } from '../../generator/names.ts'
import { findWorkload, workloads } from '../../generator/workload.ts'
import { encodeOtlpProto } from '../../lib/formats/otlp/proto.ts'
import { printSqueezed } from '../../lib/formats/squeezed/print.ts'
import type { Trace } from '../../lib/model/trace.ts'

async function* batchOf(trace: Trace) {
  yield [trace]
}

describe('workloads', () => {
  it('are found by name', () => {
    expect(workloads.map(({ name }) => name)).toEqual(workloadNames)
    for (const workload of workloads) expect(findWorkload(workload.name)).toBe(workload)
    expect(() => findWorkload('clasic')).toThrow('workload "clasic": there is otel, classic, agent')
  })

  for (const workload of workloads)
    it(`${workload.name} gives as many traces as asked, and their input bytes`, () => {
      const floor = new FloorMeter()
      const traces = [...workload.generate({ traceCount: sizes.small, seed: defaultSeed }, floor)]
      expect(traces.length).toBe(100)
      expect(floor.total()).toBeGreaterThan(0)
    })

  it('classic counts the original form as its input, the others OTLP protobuf', async () => {
    const generate = (name: string) => [
      ...findWorkload(name).generate({ traceCount: 20, seed: defaultSeed }, new FloorMeter()),
    ]
    for (const trace of generate('classic'))
      expect(findWorkload('classic').inputByteLength(trace)).toBe(Buffer.byteLength(printSqueezed(trace)))
    for (const name of ['otel', 'agent'])
      for (const trace of generate(name)) {
        let byteLength = 0
        for await (const chunk of encodeOtlpProto(batchOf(trace))) byteLength += chunk.length
        expect(findWorkload(name).inputByteLength(trace)).toBe(byteLength)
      }
  })

  it('begin with the default', () => {
    expect(workloads[0].name).toBe('otel')
  })
})
