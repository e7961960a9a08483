import { Clock } from '../../process/clock.ts'
import { type Summary, summarise } from '../../process/statistics.ts'
import type { Question, RangeTexts, SettingCosts } from '../../runs/query-bench-schema.ts'
import { defaultLimit, usualTerms } from './ask.ts'
import type { Opener } from './subject.ts'

/** Cold, opening the file is part of the operation; hot, it is open and was asked the same before. */
const settings = [
  { name: 'cold, all', isCold: true, limit: usualTerms.limit },
  { name: `cold, ${defaultLimit}`, isCold: true, limit: defaultLimit },
  { name: 'hot, all', isCold: false, limit: usualTerms.limit },
  { name: `hot, ${defaultLimit}`, isCold: false, limit: defaultLimit },
] as const
type Setting = (typeof settings)[number]

interface SettingsJob {
  readonly range: RangeTexts
  readonly rounds: number
}

/** Times a question in each setting. */
export async function measureSettings(question: Question, opener: Opener, job: SettingsJob): Promise<SettingCosts> {
  const costs: SettingCosts = {}
  for (const setting of settings) {
    const isAsked = question.kind === 'search' || setting.limit === usualTerms.limit
    costs[setting.name] = isAsked ? await measureSetting(question, opener, setting, job) : null
  }
  return costs
}

function measureSetting(
  question: Question,
  opener: Opener,
  { isCold, limit }: Setting,
  { range, rounds }: SettingsJob,
): Promise<Summary> {
  const terms = { ...usualTerms, range, limit, exemplars: 0 }
  if (isCold)
    return summarise(rounds, () =>
      opener.open(async ({ ask, opening }) => {
        const clock = new Clock()
        await clock.inside(() => ask(question, terms))
        const { wall, cpu } = clock.read()
        return { wall: wall + opening.seconds.wall, cpu: cpu + opening.seconds.cpu }
      }),
    )
  return opener.open(async ({ ask }) => {
    await ask(question, terms)
    return summarise(rounds, async () => {
      const clock = new Clock()
      await clock.inside(() => ask(question, terms))
      return clock.read()
    })
  })
}
