import { clip, LabError } from '../error.ts'
import { hint } from '../nearest.ts'

/** Which traces are kept: those that any of the rules keeps. */
export interface Rules {
  readonly kind: 'rules'
  /** Every trace with this probability. */
  readonly head?: number | undefined
  /** All with a span of status error. */
  readonly errors?: true | undefined
  /** All that take longer than this quantile of the traces with their root's operation, or of all. */
  readonly slow?: number | undefined
  /** So many of each template, or all where there are no more. */
  readonly rare?: number | undefined
}

/** As many traces as fit, those with errors, slow and rare ones first. */
export interface Budget {
  readonly kind: 'budget'
  /** Per second of the input, or a share of its bytes. */
  readonly unit: 'bytes' | 'spans' | 'share'
  readonly amount: number
}

export type Policy = Rules | Budget

/** How a policy is written, for help and errors. */
export const policyNotation =
  'head:1%, tail:errors,slow=p99,rare=10,head=1%, combined[:…], or budget:100kB/s, :500spans/s, :10%'

const tailDefaults = { errors: true, slow: 0.99, rare: 10 } as const
const kinds: Readonly<Record<string, (settings: string | undefined) => Policy>> = {
  head: settings => ({ kind: 'rules', head: parsePercent('head', settings ?? '') }),
  tail: settings => ({ kind: 'rules', ...(settings === undefined ? tailDefaults : parseSettings('tail', settings)) }),
  combined: settings => ({
    kind: 'rules',
    head: 0.01,
    ...tailDefaults,
    ...(settings === undefined ? {} : parseSettings('combined', settings)),
  }),
  budget: settings => parseBudget(settings ?? ''),
}

/** Reads a policy; a `usage` error that names the key where it is none. */
export function parsePolicy(text: string): Policy {
  const [, kind = '', settings] = /^([^:]*)(?::(.*))?$/s.exec(text)!
  if (!Object.hasOwn(kinds, kind))
    throw wrong(text, `unknown policy${hint(kind, Object.keys(kinds))}; write ${policyNotation}`)
  return kinds[kind]!(settings)
}

export function printPolicy(policy: Policy): string {
  if (policy.kind === 'budget') return `budget:${printBudget(policy)}`
  const { head, errors, slow, rare } = policy
  const settings = [
    ...(errors ? ['errors'] : []),
    ...(slow === undefined ? [] : [`slow=p${printNumber(slow * 100)}`]),
    ...(rare === undefined ? [] : [`rare=${rare}`]),
  ]
  if (head === undefined) return `tail:${settings.join()}`
  return settings.length === 0
    ? `head:${printPercent(head)}`
    : `tail:${[...settings, `head=${printPercent(head)}`].join()}`
}

function printBudget({ unit, amount }: Budget): string {
  return unit === 'share' ? printPercent(amount) : `${printNumber(amount)}${unit === 'bytes' ? 'B' : 'spans'}/s`
}

function printPercent(share: number): string {
  return `${printNumber(share * 100)}%`
}

function printNumber(value: number): string {
  return String(rounded(value))
}

function hundredth(percent: string): number {
  return rounded(Number(percent) / 100)
}

/** Without what binary fractions add. */
function rounded(value: number): number {
  return Number(value.toPrecision(15))
}

type Settings = Omit<Rules, 'kind'>

const settingParsers: Readonly<Record<keyof Settings, (key: string, value: string | undefined) => unknown>> = {
  errors: (key, value) => {
    if (value !== undefined) throw wrong(key, `expected no value, found ${quote(value)}`)
    return true
  },
  slow: (key, value = '') => {
    const percent = /^p(\d+(?:\.\d+)?)$/.exec(value)?.[1]
    if (percent === undefined || !(Number(percent) > 0 && Number(percent) < 100))
      throw wrong(key, `expected a quantile above p0 and below p100, such as p99, found ${quote(value)}`)
    return hundredth(percent)
  },
  rare: (key, value = '') => {
    if (!/^[1-9]\d{0,8}$/.test(value))
      throw wrong(key, `expected a number of traces per template, such as 10, found ${quote(value)}`)
    return Number(value)
  },
  head: (key, value = '') => parsePercent(key, value),
}

function parseSettings(kind: string, text: string): Settings {
  const settings: Record<string, unknown> = {}
  for (const setting of text.split(',')) {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(setting)!
    const isShare = /^\d.*%$/.test(key) && value === undefined
    const name = isShare ? 'head' : key
    if (!Object.hasOwn(settingParsers, name))
      throw wrong(kind, `unknown setting ${quote(key)}${hint(key, Object.keys(settingParsers))}`)
    if (Object.hasOwn(settings, name)) throw wrong(kind, `${name} is given twice`)
    settings[name] = settingParsers[name as keyof Settings](`${kind} ${name}`, isShare ? key : value)
  }
  return settings
}

/** The least probability that a threshold of 56 bits tells. */
const minShare = 2 ** -56

function parsePercent(key: string, text: string): number {
  const share = /^\d+(?:\.\d+)?(?:e-?\d+)?%$/.test(text) ? hundredth(text.slice(0, -1)) : Number.NaN
  if (!(share > 0 && share <= 1))
    throw wrong(key, `expected more than 0% and at most 100%, such as 1%, found ${quote(text)}`)
  if (share < minShare) throw wrong(key, `${text} is below 2^-56, the least probability that th can tell`)
  return share
}

const byteUnits: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }

function parseBudget(text: string): Budget {
  if (text.endsWith('%')) return { kind: 'budget', unit: 'share', amount: parsePercent('budget', text) }
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|spans)\/s$/.exec(text) ?? []
  const amount = Number(number) * (byteUnits[unit ?? ''] ?? 1)
  if (number === undefined || !(amount > 0 && Number.isFinite(amount)))
    throw wrong(
      'budget',
      `expected more than 0 B/s, kB/s, MB/s, GB/s or spans/s, or a share such as 10%, found ${quote(text)}`,
    )
  return { kind: 'budget', unit: unit === 'spans' ? 'spans' : 'bytes', amount }
}

function quote(text: string): string {
  return JSON.stringify(clip(text))
}

function wrong(key: string, reason: string): LabError {
  return new LabError('usage', `policy ${clip(key)}: ${reason}`)
}
