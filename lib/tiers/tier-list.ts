import { LabError } from '../error.ts'
import { hint } from '../nearest.ts'

/** What is kept of traces, from all to counts alone. */
export const tierNames = ['exact', 'renamed', 'exemplars', 'rollup'] as const
export type TierName = (typeof tierNames)[number]

/** A tier keeps traces up to an age, which counts back from the newest span. */
export interface Tier {
  readonly name: TierName
  /** As it was written: a length of time, a share of the time between the first and the newest span, or `inf`. */
  readonly age: string
}

export const defaultTiers = 'exact:1h,renamed:24h,exemplars:7d,rollup:inf'

const secondsOf: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n }
const agePattern = /^(\d{1,9})(s|m|h|d|%)$/

/** The tiers of a list such as `exact:1h,renamed:24h,exemplars:7d,rollup:inf`. */
export function parseTiers(text: string): Tier[] {
  const tiers = text.split(',').map(parseTier)
  for (const [i, tier] of tiers.entries()) if (i > 0) checkOrder(tiers[i - 1]!, tier)
  const last = tiers.at(-1)!
  if (last.age !== 'inf') fail(`${printTier(last)} is the last, so its age must be inf: what is older would be lost`)
  return tiers
}

export function printTiers(tiers: readonly Tier[]): string {
  return tiers.map(printTier).join(',')
}

function parseTier(part: string): Tier {
  const [given, age, ...more] = part.split(':')
  if (age === undefined || more.length > 0) fail(`"${part}" is not a tier and its age, as in exact:1h`)
  const name = tierNames.find(known => known === given)
  if (name === undefined)
    fail(`unknown tier "${given}"${hint(given!, tierNames)}; the tiers are ${tierNames.join(', ')}`)
  const [, number, unit] = agePattern.exec(age) ?? []
  if (age !== 'inf' && (number === undefined || Number(number) === 0))
    fail(`"${part}": the age is none of 30s, 15m, 1h, 7d, 25% and inf, or is 0`)
  if (unit === '%' && Number(number) > 100) fail(`"${part}": a share of at most 100%`)
  return { name, age }
}

function checkOrder(before: Tier, tier: Tier): void {
  const [a, b] = [before, tier].map(printTier)
  if (before.name === tier.name) fail(`${tier.name} occurs twice, as ${a} and ${b}`)
  if (tierNames.indexOf(before.name) > tierNames.indexOf(tier.name))
    fail(`${b} keeps more than ${a} before it: the order is ${tierNames.join(', ')}`)
  if (before.age === 'inf') fail(`${a} keeps all ages, so that nothing is left for ${b}`)
  if (tier.age === 'inf') return
  if (before.age.endsWith('%') !== tier.age.endsWith('%')) fail(`${a} and ${b}: either all ages are shares or none`)
  if (numberOf(before) >= numberOf(tier)) fail(`${b} is not older than ${a} before it: ages rise`)
}

function fail(message: string): never {
  throw new LabError('usage', `--tiers: ${message}`)
}

function printTier({ name, age }: Tier): string {
  return `${name}:${age}`
}

/** The seconds or the hundredths of an age. */
function numberOf({ age }: Tier): bigint {
  const [, number, unit] = agePattern.exec(age)!
  return BigInt(number!) * (secondsOf[unit!] ?? 1n)
}

/** The tier of what started so long before the newest span, of spans that start over `spread` ns. */
export function tierAt(tiers: readonly Tier[], ageNanos: bigint, spread: bigint): Tier {
  return tiers.find(tier => tier.age === 'inf' || ageNanos <= limitOf(tier, spread))!
}

function limitOf(tier: Tier, spread: bigint): bigint {
  return tier.age.endsWith('%') ? (spread * numberOf(tier)) / 100n : numberOf(tier) * 1_000_000_000n
}
