import type { ValueTest } from '../../model/value-test.ts'
import type { BinaryOperator, ComparisonOperator, Membership, RegexOperator, Static } from '../language/ast.ts'
import { type Flavour, kindNames, statusNames } from '../language/fields.ts'

type Comparison = ComparisonOperator | RegexOperator

export function isComparison(operator: BinaryOperator): operator is Comparison {
  return /^([<>]=?|!?=|=~|!~)$/.test(operator)
}

/** The test of a field of this flavour against a constant on its right side. Nothing meets one with nil. */
export function comparisonTest(operator: Comparison, operand: Static, flavour: Flavour): ValueTest {
  const relation = operator === '!=' ? '=' : operator === '!~' ? '=~' : operator
  return { ...testOf(relation, [operand], flavour), isNegated: relation !== operator }
}

/** The test of a field of this flavour against a list. */
export function membershipTest({ operator, values }: Membership, flavour: Flavour): ValueTest {
  const isRegex = operator === 'match any' || operator === 'match none'
  const isNegated = operator === 'not in' || operator === 'match none'
  return { ...testOf(isRegex ? '=~' : '=', values, flavour), isNegated }
}

function testOf(relation: ValueTest['relation'], operands: readonly Static[], flavour: Flavour): ValueTest {
  return {
    relation,
    operands: operands.flatMap(operand => operandValue(operand, flavour) ?? []),
    isNegated: false,
    comparesIds: flavour === 'id',
  }
}

/** What values of the flavour compare with; undefined where none does. */
function operandValue(operand: Static, flavour: Flavour): ValueTest['operands'][number] | undefined {
  if (operand.type === 'string' || operand.type === 'bool') return operand.value
  if (flavour === 'status') return operand.type === 'status' ? BigInt(statusNames.indexOf(operand.value)) : undefined
  if (flavour === 'kind') return operand.type === 'kind' ? BigInt(kindNames.indexOf(operand.value)) : undefined
  return operand.type === 'int' || operand.type === 'float' || operand.type === 'duration' ? operand.value : undefined
}
