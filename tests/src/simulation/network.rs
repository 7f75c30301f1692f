//! The network between a life of the bridge and one side: it takes time, and when it is told to, it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use api_transport::{Body, Sending, TimeLimit, Transport, TransportError};
use http::Request;

use super::choices::Choices;

/// One life of the bridge, from its start to its end. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Life(Arc<AtomicBool>);

impl Life {
    /// Ends it: nothing that it still asks for is answered.
    pub fn end(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Ends a life at one of the writes that it makes. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Doom {
    writes: Arc<AtomicU64>,
    /// One more than the number of the write, twice; odd: before it is carried out. 0: never.
    at: Arc<AtomicU64>,
}

impl Doom {
    /// The life ends at this write, counted from 0 over all lives, before or after the side carries it out.
    pub fn at(&self, write: u64, before: bool) {
        self.at.store((write + 1) * 2 + u64::from(before), Ordering::SeqCst);
    }

    /// How many writes there were.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// One more write: whether it is the last one of this life, and if so, whether it is still carried out.
    fn count(&self) -> Option<bool> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let at = self.at.load(Ordering::SeqCst);
        (at / 2 == number).then_some(at.is_multiple_of(2))
    }
}

/// What is wrong with the ways to both sides. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// Whether requests and answers may be lost or late.
    bad: Arc<AtomicBool>,
    /// How many requests were lost, or their answers.
    lost: Arc<AtomicU64>,
}

impl Weather {
    /// From now on.
    pub fn set_bad(&self, bad: bool) {
        self.bad.store(bad, Ordering::SeqCst);
    }

    /// How many requests were lost, or their answers.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::SeqCst)
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// It does not arrive, which the sender knows.
    Unsent,
    /// It does not arrive, which the sender does not know.
    Lost,
    /// It is carried out, and its answer does not arrive.
    AnswerLost,
    /// It is carried out so late that the sender has given up.
    Late,
}

/// The way to one side.
pub struct Network<T> {
    /// The other end.
    pub side: Arc<T>,
    /// Who sends.
    pub life: Life,
    /// When the life ends.
    pub doom: Doom,
    /// How it is on the way.
    pub weather: Weather,
    /// Decides.
    pub choices: Choices,
}

impl<T> Network<T> {
    fn fate(&self) -> Fate {
        if !self.weather.bad.load(Ordering::SeqCst) || !self.choices.once_in(12) {
            return Fate::Answered;
        }
        self.weather.lost.fetch_add(1, Ordering::SeqCst);
        self.choices.of(&[Fate::Unsent, Fate::Lost, Fate::AnswerLost, Fate::Late])
    }
}

impl<T: Transport + 'static> Transport for Network<T> {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        let limit = request.extensions().get().map_or(Duration::from_secs(60), |TimeLimit(limit)| *limit);
        Box::pin(async move {
            if self.life.is_over() {
                std::future::pending::<()>().await;
            }
            let (fate, way) = (self.fate(), Duration::from_millis(u64::from(self.choices.below(40))));
            match fate {
                Fate::Unsent => {
                    tokio::time::sleep(way).await;
                    return Err(TransportError::not_sent("the connection was refused"));
                }
                Fate::Lost => {
                    tokio::time::sleep(limit).await;
                    return Err(TransportError::ambiguous("no answer").late());
                }
                Fate::Answered | Fate::AnswerLost | Fate::Late => {}
            }
            let last = if request.method() == http::Method::GET { None } else { self.doom.count() };
            if last == Some(false) {
                self.life.end();
                std::future::pending::<()>().await;
            }
            // What was sent is carried out, also if its sender has ended meanwhile.
            let side = Arc::clone(&self.side);
            let delay = if fate == Fate::Late { limit + way } else { way };
            let carried_out = tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                side.send(request).await
            });
            let answer = tokio::time::timeout(limit, carried_out).await;
            if last.is_some() {
                self.life.end();
            }
            if self.life.is_over() {
                std::future::pending::<()>().await;
            }
            match answer {
                Ok(Ok(answer)) if fate == Fate::Answered => answer,
                Ok(Ok(_)) => Err(TransportError::ambiguous("the connection was closed")),
                Ok(Err(panicked)) => Err(TransportError::ambiguous(panicked)),
                Err(elapsed) => Err(TransportError::ambiguous(elapsed).late()),
            }
        })
    }
}
