//! How a plan is run: in order, up to the first failure, with the VMID that its first step chose.

use std::sync::Mutex;

use netbox_proxmox_core::{
    Action, DryRun, Executor, Failure, FailureKind, Outcome, Progress, Recording, Silent, apply, plan_with,
};
use proptest::prelude::*;

use crate::common::vmid;
use crate::converging::{any_scene, config};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn failure() -> Failure {
    Failure::new(FailureKind::Locked, "VM is locked (backup)")
}

/// Writes down what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn begin(&self, action: &Action) {
        self.0.lock().unwrap().push(format!("begin {}", action.name()));
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        let ended = if result.is_ok() { "done" } else { "failed" };
        self.0.lock().unwrap().push(format!("{ended} {}", action.name()));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plan_is_run_in_order_with_the_vmid_that_was_allocated(scene in any_scene()) {
        let plan = plan_with(&scene.world.look_up(&scene.cause), &scene.policy);
        let executor = Recording::default().allocating(vmid(777));
        let applied = run(apply(plan.clone(), &executor, &Silent));
        prop_assert!(applied.is_complete() && applied.left.is_empty());
        let allocates = plan.iter().any(|action| action.to_string().ends_with(": a free VMID"));
        let mut expected = plan;
        if allocates {
            // The first one waits for the VMID itself.
            let rest = expected.split_off(1).into_iter().map(|action| action.with_vmid(vmid(777)));
            expected.extend(rest);
        }
        prop_assert_eq!(&executor.actions(), &expected);
        let done: Vec<Action> = applied.done.into_iter().map(|(action, _)| action).collect();
        prop_assert_eq!(done, expected);
    }

    #[test]
    fn a_plan_stops_at_its_first_failure(scene in any_scene(), at in 0..12usize) {
        let plan = plan_with(&scene.world.look_up(&scene.cause), &scene.policy);
        let executor = Recording::default().allocating(vmid(777)).failing(at, failure());
        let told = Told::default();
        let applied = run(apply(plan.clone(), &executor, &told));
        if plan.get(at).is_some_and(|action| action.name() == "report") {
            // What cannot be told stops nothing, and is not forgotten.
            prop_assert_eq!(executor.actions().len(), plan.len());
            prop_assert!(applied.failed.is_some_and(|(action, _)| action == plan[at].clone().with_vmid(vmid(777))));
            return Ok(());
        }
        let reached = plan.len().min(at + 1);
        prop_assert_eq!(executor.actions().len(), reached);
        prop_assert_eq!(applied.is_complete(), at >= plan.len());
        prop_assert_eq!(applied.done.len(), plan.len().min(at));
        prop_assert_eq!(applied.left.len(), plan.len() - reached);
        let left: Vec<&str> = applied.left.iter().map(Action::name).collect();
        let rest: Vec<&str> = plan[reached..].iter().map(Action::name).collect();
        prop_assert_eq!(left, rest);
        let mut expected = Vec::new();
        for (index, action) in plan[..reached].iter().enumerate() {
            expected.push(format!("begin {}", action.name()));
            expected.push(format!("{} {}", if index == at { "failed" } else { "done" }, action.name()));
        }
        prop_assert_eq!(told.0.into_inner().unwrap(), expected);
        if let Some((action, why)) = applied.failed {
            prop_assert_eq!(action.name(), plan[at].name());
            prop_assert_eq!(why, failure());
        }
    }

    #[test]
    fn a_dry_run_reaches_every_step_and_does_none(scene in any_scene()) {
        let plan = plan_with(&scene.world.look_up(&scene.cause), &scene.policy);
        let applied = run(apply(plan.clone(), &DryRun, &Silent));
        let done: Vec<Action> = applied.done.iter().map(|(action, _)| action.clone()).collect();
        prop_assert_eq!(done, plan);
        prop_assert!(applied.done.iter().all(|(_, outcome)| *outcome == Outcome::Skipped));
    }
}

#[test]
fn an_executor_can_be_a_trait_object() {
    let executors: Vec<Box<dyn Executor>> = vec![Box::new(DryRun), Box::new(Recording::default())];
    for executor in executors {
        assert!(run(apply(Vec::new(), &*executor, &Silent)).is_complete());
    }
}
