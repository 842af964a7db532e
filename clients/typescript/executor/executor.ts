/** The executor of the TypeScript client for the conformance suite: commands from standard input, one answer a line. */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { fromBinary } from "@bufbuild/protobuf";

import { type AskOptions, Client, type ClientOptions, Preempted, type ReportOptions, type Study, type Trial, VERSION } from "../src/index.js";
import { StudySpecSchema } from "../src/v1.js";
import {
  type Command,
  doubles,
  type Formula,
  type Json,
  measured,
  shownDirective,
  shownError,
  shownRecord,
  shownStudy,
  shownTrial,
} from "./shown.js";

const clients = new Map<string, Client>();
const studies = new Map<string, Study>();
const trials = new Map<string, Trial>();

const acts: Record<string, (c: Command) => Json | Promise<Json>> = {
  hello: () => ({ language: "typescript", version: VERSION, protocol: 1 }),
  connect: (c) => {
    const tls = c["tls"] ? defined({ ca: c["ca"], serverName: c["server_name"] }) : undefined;
    const times = { timeoutMs: c["timeout_ms"], connectTimeoutMs: c["connect_timeout_ms"], patienceMs: c["patience_ms"] };
    const options = defined({ project: c["project"], token: c["token"], tls, ...times });
    clients.set(String(c.as), new Client(String(c["address"]), options as ClientOptions));
    return {};
  },
  close: (c) => {
    of(clients, c).close();
    return {};
  },
  create_study: async (c) => {
    const spec = fromBinary(StudySpecSchema, Buffer.from(String(c["spec"]), "base64"));
    return kept(c, await of(clients, c).createStudy(String(c["study"]), spec));
  },
  get_study: async (c) => kept(c, await of(clients, c).getStudy(String(c["study"]))),
  ask: async (c) => {
    const study = of(studies, c);
    const signal = c["cancel_ms"] === undefined ? undefined : AbortSignal.timeout(Number(c["cancel_ms"]));
    const options = defined({ count: c["count"], timeoutMs: c["timeout_ms"], signal });
    let found: Trial[];
    try {
      found = await study.ask(String(c["worker"]), options as AskOptions);
    } catch (error) {
      if (signal?.aborted) {
        return { cancelled: true };
      }
      throw error;
    }
    (c.as as string[]).slice(0, found.length).forEach((name, i) => trials.set(name, found[i] as Trial));
    return { trials: found.map(shownTrial), is_over: study.isOver, end_reason: study.endReason };
  },
  work: async (c) => {
    const study = of(studies, c);
    const visits: Json[] = [];
    for await (const trial of study.trials(String(c["worker"]))) {
      const steps: string[] = [];
      await trial.run(async () => {
        for (const step of trial.steps()) {
          await sleep(Number(c["step_ms"] ?? 0));
          const metrics = measured(c["metrics"] as Record<string, Formula>, trial.params, step);
          const checkpoint = c["checkpoints"] ? `file:///${trial.number}/${step}` : undefined;
          await trial.report(metrics, defined({ checkpoint }));
          steps.push(String(step));
          if (trial.untilStep === undefined) {
            break;
          }
        }
      });
      visits.push({ ...shownTrial(trial), steps });
      if (visits.length === c["max_trials"]) {
        break;
      }
    }
    return { trials: visits, end_reason: study.endReason };
  },
  front: async (c) => ({ trials: (await of(studies, c).front()).map(shownRecord) }),
  get_trial: async (c) => shownRecord(await of(studies, c).trial(BigInt(String(c["number"])))),
  list_trials: async (c) => {
    const found: Json[] = [];
    for await (const record of of(studies, c).listTrials(String(c["filter"] ?? ""), String(c["order_by"] ?? ""))) {
      found.push(shownRecord(record));
    }
    return { trials: found };
  },
  hold: (c) => {
    of(trials, c).hold();
    return {};
  },
  leave: async (c) => {
    const message = String(c["message"] ?? "");
    const how = { done: undefined, error: new Error(message), preempted: new Preempted(message) };
    await of(trials, c).leave(how[c["how"] as keyof typeof how]);
    return {};
  },
  report: async (c) => {
    const trial = of(trials, c);
    const options: ReportOptions = defined({
      step: c["step"] === undefined ? undefined : BigInt(String(c["step"])),
      checkpoint: c["checkpoint"],
      cost: c["cost"] === undefined ? undefined : Number(c["cost"]),
      sem: c["sem"] === undefined ? undefined : doubles(c["sem"]),
    });
    const directive = await trial.report(doubles(c["metrics"]), options);
    return { ...shownDirective(directive), should_stop: trial.shouldStop };
  },
  complete: async (c) => ({
    state: await of(trials, c).complete(doubles(c["metrics"]), defined({ checkpoint: c["checkpoint"] })),
  }),
  fail: async (c) => {
    const [trial, message] = [of(trials, c), String(c["message"])];
    const ended = c["infeasible"]
      ? trial.infeasible(message)
      : trial.fail(message, { permanent: Boolean(c["permanent"]) });
    return { state: await ended };
  },
  release: async (c) => {
    const checkpoint = c["checkpoint"] === undefined ? undefined : String(c["checkpoint"]);
    return { state: await of(trials, c).release(checkpoint, String(c["message"] ?? "")) };
  },
  peek: (c) => shownTrial(of(trials, c)),
};

function of<T>(named: Map<string, T>, { on }: Command): T {
  const found = named.get(on);
  if (found === undefined) {
    throw new RangeError(`nothing is named ${on}`);
  }
  return found;
}

function kept(c: Command, study: Study): Json {
  studies.set(String(c.as), study);
  return shownStudy(study);
}

/** Without what is undefined; the runner has checked what the arguments are. */
function defined<T>(options: Record<string, unknown>): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

async function answer(command: Command): Promise<Json> {
  const act = acts[command.do];
  if (act === undefined) {
    return { unsupported: command.do };
  }
  try {
    return { ok: await act(command) };
  } catch (error) {
    return { error: shownError(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  process.stdout.write(`${JSON.stringify({ id: command.id, ...(await answer(command)) })}\n`);
}
process.exit(0); // whatever connections and timers are left
