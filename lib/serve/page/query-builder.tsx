import { useEffect, useId, useState } from 'preact/hooks'
import { namesOfAll, valuesOf } from './completion.ts'
import {
  type Condition,
  emptyForm,
  fieldOf,
  isDuration,
  operators,
  parseForm,
  printForm,
  type QueryForm,
  typedValue,
} from './query-form.ts'

interface Props {
  query: string
  onChange(query: string): void
  onRun(query: string): void
}

const noCondition: Condition = { field: '', operator: '=', value: '' }

/** Fields that write a query, and show what it says where it is of their form. */
export function QueryBuilder({ query, onChange, onRun }: Props) {
  const [form, setForm] = useState<QueryForm | undefined>(emptyForm)
  // What is incomplete is in the form alone: a query that it gave does not change it.
  useEffect(() => {
    if (form === undefined || printForm(form) !== query) setForm(parseForm(query))
  }, [query])
  const change = (changed: Partial<QueryForm>) => {
    const next = { ...form!, ...changed }
    setForm(next)
    onChange(printForm(next))
  }
  if (form === undefined)
    return (
      <p>
        The query is not a list of conditions on a span, so it is not shown here.{' '}
        <button type="button" onClick={() => onChange(printForm(emptyForm))}>
          Begin a new one
        </button>
      </p>
    )
  const setCondition = (at: number, condition: Condition | undefined) => {
    const next = condition === undefined ? form.conditions.toSpliced(at, 1) : form.conditions.with(at, condition)
    change({ conditions: next })
  }
  return (
    <form
      class="builder"
      aria-label="Search builder"
      onSubmit={event => {
        event.preventDefault()
        onRun(printForm(form))
      }}
    >
      <ValueBox
        label="Service"
        field="resource.service.name"
        value={form.service}
        onChange={service => change({ service })}
      />
      <ValueBox label="Span name" field="name" value={form.name} onChange={name => change({ name })} />
      <label>
        Status{' '}
        <select value={form.status} onChange={event => change({ status: event.currentTarget.value })}>
          <option value="">any</option>
          {['error', 'ok', 'unset'].map(status => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <DurationBox label="Duration from" value={form.minDuration} onChange={minDuration => change({ minDuration })} />
      <DurationBox label="to" value={form.maxDuration} onChange={maxDuration => change({ maxDuration })} />
      {form.conditions.map((condition, i) => (
        <ConditionRow key={i} at={i + 1} condition={condition} onChange={next => setCondition(i, next)} />
      ))}
      <button type="button" onClick={() => change({ conditions: [...form.conditions, noCondition] })}>
        Add an attribute
      </button>
      <button type="submit">Search</button>
      {form.rest.trim() !== '' && (
        <p>
          followed by <code>{form.rest.trim()}</code>
        </p>
      )}
    </form>
  )
}

interface RowProps {
  at: number
  condition: Condition
  onChange(condition: Condition | undefined): void
}

function ConditionRow({ at, condition, onChange }: RowProps) {
  const { field, operator, value } = condition
  const names = useOffered(namesOfAll, 'names')
  const known = fieldOf(field)
  // A name that is not whole yet, or of no span, has no values: the server refuses some of them.
  const asked = known !== undefined && names.some(name => name.endsWith(known)) ? known : ''
  return (
    <fieldset>
      <legend>Attribute {at}</legend>
      <Box
        label={`Attribute ${at}`}
        value={field}
        offered={names}
        problem={field === '' || known !== undefined ? '' : 'not a name of TraceQL'}
        onChange={next => onChange({ ...condition, field: next })}
      />
      <select
        aria-label={`Operator ${at}`}
        value={operator}
        onChange={event => onChange({ ...condition, operator: event.currentTarget.value as Condition['operator'] })}
      >
        {operators.map(one => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <ValueBox
        label={`Value ${at}`}
        field={asked}
        value={value}
        onChange={next => onChange({ ...condition, value: next })}
      />
      <button type="button" aria-label={`Remove attribute ${at}`} onClick={() => onChange(undefined)}>
        ×
      </button>
    </fieldset>
  )
}

interface BoxProps {
  label: string
  value: string
  onChange(value: string): void
}

/** A value of a field, of those that there are or another one. */
function ValueBox({ field, ...box }: BoxProps & { field: string }) {
  const values = useOffered(() => (field === '' ? Promise.resolve([]) : valuesOf(field)), field)
  return <Box {...box} offered={values.map(typedValue)} />
}

function DurationBox(box: BoxProps) {
  const { value } = box
  return (
    <Box {...box} placeholder="100ms" problem={value === '' || isDuration(value) ? '' : 'not a time such as 100ms'} />
  )
}

interface AnyBoxProps extends BoxProps {
  offered?: readonly string[]
  placeholder?: string
  problem?: string
}

function Box({ label, value, offered = [], placeholder, problem = '', onChange }: AnyBoxProps) {
  const id = useId()
  return (
    <label>
      {label}{' '}
      <input
        value={value}
        list={id}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== ''}
        onInput={event => onChange(event.currentTarget.value)}
      />
      <datalist id={id}>
        {offered.map(one => (
          <option key={one} value={one} />
        ))}
      </datalist>
      {problem !== '' && <span class="failed"> {problem}</span>}
    </label>
  )
}

/** What there is to choose from, once it is known. */
function useOffered(ask: () => Promise<readonly string[]>, key: string): readonly string[] {
  const [offered, setOffered] = useState<readonly string[]>([])
  useEffect(() => {
    let isOver = false
    void ask().then(found => !isOver && setOffered(found))
    return () => {
      isOver = true
    }
  }, [key])
  return offered
}
