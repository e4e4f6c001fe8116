//! One attempt: asks for what is missing, and hands on what comes.

use ::bytes_1::Bytes;
use ::reqwest_0_13::{Client, Request, Response};

use super::Discontinuity;
use super::transfer::{Answer, Body, Transfer, length};
use crate::contrib::feed::{Shared, hand_over, lock};
use crate::contrib::http_1;
use crate::contrib::reqwest_0_13::Failure;
use crate::contrib::reqwest_0_13::ended::has_ended;
use crate::drive::Session;
use crate::policy::{Attempted, Got};

type File = Shared<Bytes, Transfer>;

pub(super) async fn run(
    session: Session,
    file: File,
    client: Client,
    next: Result<(Request, bool), Failure>,
) -> Attempted<(), Failure> {
    let (mut request, spent) = next?;
    let timeout = request.timeout().copied();
    http_1::send_on(request.headers_mut(), timeout);
    lock(&file).cursor.ask(request.headers_mut())?;
    let fetched = fetch(&session, &file, client, request).await;
    if spent {
        return fetched.map_err(Failure::spend);
    }
    fetched
}

async fn fetch(
    session: &Session,
    file: &File,
    client: Client,
    request: Request,
) -> Attempted<(), Failure> {
    let response = session.expect(client.execute(request)).await;
    let response = response.map_err(|error| lost(file, error))?;
    if http_1::response(response.status(), response.headers()).is_some() {
        return Err(Failure::of_response(response).await);
    }
    let answer = lock(file).cursor.take(&response);
    match answer {
        Ok(Answer::Body(body)) => receive(session, file, response, body).await,
        Ok(Answer::Complete) => Ok(Got::Value(())),
        Ok(Answer::Other) => Ok(Got::Refusal(Failure::of_response(response).await)),
        // The server is well, and no attempt can better what it says.
        Err(why) => Ok(Got::Refusal(why.into())),
    }
}

/// Hands on a body.
async fn receive(
    session: &Session,
    file: &File,
    mut response: Response,
    mut body: Body,
) -> Attempted<(), Failure> {
    loop {
        let chunk = match session.expect(response.chunk()).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(_) if lock(file).cursor.is_complete() => break,
            Err(error) => return Err(lost(file, error)),
        };
        if chunk.is_empty() {
            continue;
        }
        if let Some(left) = &mut body.left {
            let Some(rest) = left.checked_sub(length(&chunk)) else {
                let said = format!("{} bytes where {left} were left", chunk.len());
                let why = lock(file).cursor.broken(Discontinuity::TooLong, said);
                return Ok(Got::Refusal(why.into()));
            };
            *left = rest;
        }
        hand_over(file, chunk).await;
        session.progress();
    }
    let is_end = body.ends_file && body.left.is_none() && has_ended(response);
    let file = &mut lock(file).cursor;
    if is_end {
        file.total = Some(file.position);
    }
    if file.is_complete() {
        return Ok(Got::Value(()));
    }
    let reason = match file.total {
        Some(_) => Discontinuity::Short,
        None => Discontinuity::EndUnknown,
    };
    Err(file.cut(reason, None).into())
}

/// What an error of the transport means, which may have come after some bytes.
fn lost(file: &File, error: ::reqwest_0_13::Error) -> Failure {
    let file = &lock(file).cursor;
    if file.position == 0 || file.validator.is_some() {
        return error.into();
    }
    file.cut(Discontinuity::NoValidator, Some(error)).into()
}
