//! A plan reaches its goal: once, twice, late, or after a crash.

use std::collections::BTreeSet;

use netbox_proxmox_core::{Action, Change, ReportKind, plan_with};
use proptest::prelude::*;

use crate::common::detailed;
use crate::generate::{Scene, deleted_scene, scene};
use crate::world::World;

impl Scene {
    fn plan(&self, world: &World, cause: &[Change]) -> Vec<Action> {
        plan_with(&world.look_up(cause), &self.policy)
    }

    /// The world once the plan has run.
    fn reached(&self) -> Result<World, TestCaseError> {
        let plan = self.plan(&self.world, &self.cause);
        let mut world = self.world.clone();
        world.answer(&plan).map_err(|why| TestCaseError::fail(format!("{why}\n{:#?}", text(&plan))))?;
        Ok(world)
    }
}

fn text(plan: &[Action]) -> Vec<String> {
    plan.iter().map(detailed).collect()
}

/// All but what was told: a run that was cut short may tell of other differences on its way.
fn state(world: &World) -> World {
    World { told: Default::default(), ..world.clone() }
}

pub(crate) fn any_scene() -> impl Strategy<Value = Scene> {
    prop_oneof![4 => scene().boxed(), 1 => deleted_scene().boxed()]
}

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_local_rejects: 1_000_000,
        max_global_rejects: 1_000_000,
        ..ProptestConfig::with_cases(500)
    }
}

/// What remains to be done when the same causes are answered again, and when nothing is: only reports already made.
fn nothing_but_reports_already_made(scene: &Scene, cause: &[Change]) -> Result<(), TestCaseError> {
    let world = scene.reached()?;
    let again = scene.plan(&world, cause);
    let repeated = |action: &Action| matches!(action, Action::Report(report) if world.told.contains(&report.key()));
    let due = |action: &Action| matches!(action, Action::Destroy { not_before: Some(at), .. } if world.removal_due == Some(*at));
    let first = text(&scene.plan(&scene.world, &scene.cause));
    prop_assert!(
        again.iter().all(|action| repeated(action) || due(action)),
        "first {first:#?}\nthen {:#?}",
        text(&again)
    );
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_state_that_a_plan_leads_to_has_nothing_left_but_reports_already_made(scene in any_scene()) {
        nothing_but_reports_already_made(&scene, &scene.cause)?;
    }

    /// A creation that was refused keeps its causes open, so it is not asked here.
    #[test]
    fn a_reconcile_of_that_state_has_nothing_left_either(scene in any_scene()) {
        prop_assume!(scene.cause.is_empty() || scene.world.look_up(&[]).current.is_some());
        nothing_but_reports_already_made(&scene, &[])?;
    }

    /// A difference is found by every later plan: that none finds it any more is told as its end.
    #[test]
    fn what_is_reported_as_a_difference_is_reported_until_something_changes(scene in any_scene()) {
        let world = scene.reached()?;
        prop_assume!(world.there().is_some() && world.record.as_ref().is_some_and(|record| record.guest.status.wants_guest()));
        let fields = |plan: &[Action]| {
            let differences = plan.iter().filter_map(|action| match action {
                Action::Report(report) if report.kind == ReportKind::Difference => Some(report.field.clone()),
                _ => None,
            });
            differences.collect::<BTreeSet<_>>()
        };
        let (first, again) = (scene.plan(&scene.world, &scene.cause), scene.plan(&world, &[]));
        prop_assert!(fields(&first).is_subset(&fields(&again)), "first {:#?}\nthen {:#?}", text(&first), text(&again));
    }

    /// A plan that was made before the first run, run once more: a delivery that came twice, or late.
    #[test]
    fn the_same_plan_twice_is_the_same_as_once(scene in any_scene()) {
        let once = scene.reached()?;
        let mut twice = once.clone();
        let plan = scene.plan(&scene.world, &scene.cause);
        if plan.iter().any(|action| action.name() == "remove-disk" || action.name() == "destroy") {
            // The guest or the slot is gone: nothing of it may be done again, but nothing may go wrong either. Only a slot
            // that holds another volume by then is refused.
            let there = once.guests.get(&crate::common::vmid(101));
            let reused = plan.iter().any(|action| match action {
                Action::RemoveDisk { slot, volume: Some(volume), .. } => {
                    there.and_then(|vm| vm.config.disk(*slot)).is_some_and(|found| found.volume != *volume)
                }
                _ => false,
            });
            prop_assert!(twice.run(&plan).is_ok() || there.is_none() || reused);
        } else {
            twice.run(&plan).map_err(TestCaseError::fail)?;
        }
        prop_assert_eq!(once, twice);
    }

    /// The process dies between two steps; what it had stored survives, and the event is answered again.
    #[test]
    fn a_crash_after_any_step_ends_in_the_same_state(scene in any_scene()) {
        let whole = state(&scene.reached()?);
        let plan = scene.plan(&scene.world, &scene.cause);
        for steps in 0..plan.len() {
            let mut world = scene.world.clone();
            world.run(&plan[..steps]).map_err(TestCaseError::fail)?;
            let rest = scene.plan(&world, &scene.cause);
            world.answer(&rest).map_err(TestCaseError::fail)?;
            prop_assert_eq!(
                state(&world),
                whole.clone(),
                "after {} steps of {:#?} then {:#?}",
                steps,
                text(&plan),
                text(&rest)
            );
        }
    }

    /// The same where even the causes are lost: once the VMID is recorded, a reconcile completes the creation.
    #[test]
    fn a_creation_is_completed_without_its_causes(mut scene in any_scene()) {
        scene.cause.retain(|change| change.created_record() && scene.world.record.as_ref().is_some_and(|record| record.disks.is_empty()));
        let plan = scene.plan(&scene.world, &scene.cause);
        let Some(cloned) = plan.iter().position(Action::creates) else { return Ok(()) };
        let whole = state(&scene.reached()?);
        for steps in cloned + 1..plan.len() {
            let mut world = scene.world.clone();
            world.run(&plan[..steps]).map_err(TestCaseError::fail)?;
            let rest = scene.plan(&world, &[]);
            world.answer(&rest).map_err(TestCaseError::fail)?;
            prop_assert_eq!(state(&world), whole.clone(), "after {} steps of {:#?}", steps, text(&plan));
        }
    }
}

/// The laws say something only if the scenes are many: every kind of action is planned in some of them.
#[test]
fn the_scenes_reach_every_kind_of_action() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let scenes = any_scene();
    let mut names = std::collections::BTreeMap::<&str, usize>::new();
    for _ in 0..3_000 {
        let scene = proptest::strategy::ValueTree::current(&scenes.new_tree(&mut runner).unwrap());
        let plan = scene.plan(&scene.world, &scene.cause);
        let kinds: std::collections::BTreeSet<&str> = plan.iter().map(Action::name).collect();
        kinds.into_iter().for_each(|name| *names.entry(name).or_default() += 1);
    }
    for name in [
        "record",
        "clone",
        "create-container",
        "configure",
        "add-disk",
        "resize-disk",
        "remove-disk",
        "start",
        "shutdown",
        "suspend",
        "resume",
        "migrate",
        "destroy",
        "report",
    ] {
        assert!(names.get(name).is_some_and(|count| *count >= 10), "{name}: {names:?}");
    }
}
