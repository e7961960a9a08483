import type { Resource, Scope } from '../../lib/model/trace.ts'
import { hexDigits } from '../identifiers.ts'
import type { Random } from '../random.ts'
import { amounts, micros, type Timing } from '../timing.ts'
import { constants } from '../words.ts'
import { printText } from './messages.ts'
import type { Prose } from './prose.ts'

/** A model behind its provider's API. */
interface Model {
  readonly provider: string
  readonly host: string
  readonly name: string
  /** What it says of itself in answers. */
  readonly version: string
  /** Before its ids of responses and of calls. */
  readonly prefixes: readonly [response: string, call: string]
  /** For each token of an answer. */
  readonly tokenMicros: number
  /** Tells how many tokens it wrote to its cache, not only how many it read. */
  readonly tellsCreation: boolean
}

/** What a tool takes and gives. */
export interface ToolKind {
  readonly name: string
  readonly parameters: readonly ('query' | 'id' | 'path' | 'limit')[]
  readonly result: 'text' | 'rows' | 'agent'
  readonly timing: Timing
  /** Looks for it by an embedding of the query. */
  readonly embeds?: boolean
}

export interface AgentKind {
  readonly name: string
  readonly service: string
  readonly model: Model
  readonly tools: readonly ToolKind[]
  readonly temperature: number
  readonly maxTokens: number
  /** Characters of a conversation that are sent; what is older is left out. */
  readonly window: number
}

/** An agent at work: what all its spans repeat. */
export interface Agent {
  readonly kind: AgentKind
  readonly id: string
  /** As `gen_ai.system_instructions` and `gen_ai.tool.definitions` show them. */
  readonly instructions: string
  readonly definitions: string
  readonly pods: readonly Resource[]
}

const large: Model = {
  provider: 'lumen',
  host: 'api.lumen.example',
  name: 'lumen-large-2',
  version: 'lumen-large-2-20260915',
  prefixes: ['msg_', 'toolu_'],
  tokenMicros: 14_000,
  tellsCreation: true,
}
const mini: Model = {
  provider: 'quill',
  host: 'llm.quill.example',
  name: 'quill-5-mini',
  version: 'quill-5-mini-2026-08-03',
  prefixes: ['chatcmpl-', 'call_'],
  tokenMicros: 6500,
  tellsCreation: false,
}

function tool(
  name: string,
  parameters: ToolKind['parameters'],
  result: ToolKind['result'],
  medianMillis: number,
  embeds = false,
): ToolKind {
  return { name, parameters, result, timing: micros(medianMillis * 1000, 'wide'), embeds }
}

const research: AgentKind = {
  name: 'research',
  service: 'research-agent',
  model: mini,
  tools: [
    tool('search_web', ['query', 'limit'], 'rows', 420),
    tool('fetch_page', ['path'], 'text', 800),
    tool('search_notes', ['query', 'limit'], 'text', 90, true),
  ],
  temperature: 0.4,
  maxTokens: 4096,
  window: 48_000,
}

/** Those whom users ask; `delegate` hands a question on to `research`. */
export const askedKinds: readonly AgentKind[] = [
  {
    name: 'support',
    service: 'support-agent',
    model: mini,
    tools: [
      tool('find_order', ['id'], 'rows', 45),
      tool('list_orders', ['query', 'limit'], 'rows', 60),
      tool('search_help', ['query', 'limit'], 'text', 110, true),
      tool('open_ticket', ['query', 'id'], 'rows', 70),
    ],
    temperature: 0.2,
    maxTokens: 1024,
    window: 32_000,
  },
  {
    name: 'coder',
    service: 'coding-agent',
    model: large,
    tools: [
      tool('read_file', ['path', 'limit'], 'text', 4),
      tool('search_code', ['query', 'path', 'limit'], 'rows', 35),
      tool('edit_file', ['path', 'query'], 'rows', 6),
      tool('run_tests', ['path'], 'text', 6500),
      tool('list_files', ['path', 'limit'], 'rows', 3),
      tool('delegate', ['query'], 'agent', 40),
    ],
    temperature: 0,
    maxTokens: 8192,
    window: 120_000,
  },
  {
    name: 'analyst',
    service: 'analyst-agent',
    model: large,
    tools: [
      tool('run_query', ['query', 'limit'], 'rows', 260),
      tool('describe_table', ['path'], 'text', 20),
      tool('delegate', ['query'], 'agent', 40),
    ],
    temperature: 0.1,
    maxTokens: 4096,
    window: 64_000,
  },
]

export const researchKind = research

const promptSentences = amounts(70, 'steady', 140)
const podCount = 3

/** Sets an agent up: its instructions and its tools' descriptions are drawn, and count. */
export function createAgent(kind: AgentKind, prose: Prose, hidden: Random): Agent {
  return {
    kind,
    id: `agent_${hexDigits(hidden, '', 16)}`,
    instructions: `[${printText(prose.text(promptSentences))}]`,
    definitions: JSON.stringify(kind.tools.map(each => defineTool(each, prose))),
    pods: Array.from({ length: podCount }, () => podOf(kind, hidden)),
  }
}

const descriptionSentences = amounts(4, 'steady', 12)

function defineTool({ name, parameters }: ToolKind, prose: Prose): object {
  const properties = Object.fromEntries(
    parameters.map(parameter => [
      parameter,
      {
        type: parameter === 'id' || parameter === 'limit' ? 'integer' : 'string',
        description: prose.sentence(),
      },
    ]),
  )
  return {
    type: 'function',
    name,
    description: prose.text(descriptionSentences),
    parameters: { type: 'object', properties, required: [parameters[0]] },
  }
}

function podOf({ service }: AgentKind, hidden: Random): Resource {
  const pod = `${service}-${hexDigits(hidden, '', 10)}-${hexDigits(hidden, '', 5)}`
  const attributes = constants({
    'service.name': service,
    'service.namespace': 'agents',
    'service.version': '1.9.2',
    'service.instance.id': hexDigits(hidden, '', 32),
    'deployment.environment.name': 'production',
    'k8s.namespace.name': 'agents',
    'k8s.pod.name': pod,
    'telemetry.sdk.language': 'python',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '1.38.0',
  })
  return { attributes, droppedAttributesCount: 0, schemaUrl: 'https://opentelemetry.io/schemas/1.38.0' }
}

export const scope: Scope = {
  name: 'opentelemetry.util.genai.handler',
  version: '0.4b0',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: 'https://opentelemetry.io/schemas/1.38.0',
}
