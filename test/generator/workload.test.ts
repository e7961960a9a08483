import { describe, expect, it } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { checkSeed, defaultSeed, findWorkload, sizes, workloads } from '../../generator/workload.ts'
import { printSqueezed } from '../../lib/sources/squeezed-print.ts'

describe('workloads', () => {
  it('are found by name', () => {
    for (const workload of workloads) expect(findWorkload(workload.name)).toBe(workload)
    expect(() => findWorkload('clasic')).toThrow('workload "clasic": there is classic')
  })

  for (const workload of workloads)
    it(`${workload.name} gives as many traces as asked, and their input bytes`, () => {
      const floor = new FloorMeter()
      const traces = [...workload.generate({ traceCount: sizes.small, seed: defaultSeed }, floor)]
      expect(traces.length).toBe(100)
      expect(floor.total()).toBeGreaterThan(0)
      for (const trace of traces) expect(workload.inputByteLength(trace)).toBe(Buffer.byteLength(printSqueezed(trace)))
    })
})

describe('checkSeed', () => {
  it('takes integers from 0 to 2^53 - 1', () => {
    for (const seed of [0, defaultSeed, 2 ** 53 - 1]) expect(checkSeed(seed)).toBe(seed)
    for (const seed of [-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => checkSeed(seed)).toThrow(`seed ${seed}: needs an integer from 0 to 9007199254740991`)
  })
})
