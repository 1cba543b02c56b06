import { percent } from "../state/format.js";
import type { Card, Look, Prediction } from "../worker/protocol.js";
import { Picture } from "./picture.js";

/** One image a card: as it is, and with v. */
export function CardList({ look }: { readonly look: Look }) {
  if (look.cards.length === 0) return <p class="facts">None of them.</p>;
  return (
    <ul class={kindOf(look)}>
      {look.cards.map((card) => (
        <Pair key={card.index} card={card} name={`Image ${card.index + 1}`} />
      ))}
    </ul>
  );
}

/** Large pictures want room. */
function kindOf({ fooled, cards: [first] }: Look): string {
  if (fooled === undefined) return "cards single";
  return first.clean.width < 96 ? "cards" : "cards large";
}

interface PairProps {
  readonly card: Card;
  readonly name: string;
}

/** An image without and with v. */
export function Pair({ card: { clean, perturbed, before, after, fooled }, name }: PairProps) {
  return (
    <li class={fooled ? "pair fooled" : "pair"}>
      <div>
        <Picture image={clean} label={`${name} as it is`} />
        <Verdict prediction={before} />
      </div>
      {perturbed && after && (
        <div>
          <Picture image={perturbed} label={`${name} with v`} />
          <Verdict prediction={after} />
          {fooled && <span class="badge">fooled</span>}
        </div>
      )}
    </li>
  );
}

function Verdict({ prediction: { name, confidence } }: { readonly prediction: Prediction }) {
  return (
    <p class="prediction">
      <span title={name}>{name}</span>
      <span class="quiet">{percent(confidence)}</span>
    </p>
  );
}
