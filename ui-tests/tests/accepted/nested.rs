//! Thirty nested functions, without a raised recursion limit.
use std::io::Error;

use redress::retry;

use super::assert_send;

macro_rules! nest {
    ($name:ident) => {
        #[retry]
        async fn $name(n: &mut u32) -> Result<u32, Error> {
            tokio::task::yield_now().await;
            *n += 1;
            Ok(*n)
        }
    };
    ($name:ident $next:ident $($rest:ident)*) => {
        #[retry]
        async fn $name(n: &mut u32) -> Result<u32, Error> {
            tokio::task::yield_now().await;
            *n += 1;
            $next(n).await
        }
        nest!($next $($rest)*);
    };
}

nest!(a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30);

#[tokio::test]
async fn thirty_nested_functions() {
    let count = tokio::spawn(async { a1(&mut 0).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((count, assert_send(a1(&mut 0)).await.unwrap()), (30, 30));
}

macro_rules! nest_with_ways_out {
    ($name:ident) => {
        #[retry]
        async fn $name(n: &mut u32) -> Result<u32, Error> {
            tokio::task::yield_now().await;
            *n += 1;
            Ok(*n)
        }
    };
    ($name:ident $next:ident $($rest:ident)*) => {
        #[retry]
        async fn $name(n: &mut u32) -> Result<u32, Error> {
            tokio::task::yield_now().await;
            if *n > 100 {
                return Err(Error::other("never"));
            }
            *n += 1;
            let count = $next(n).await?;
            Ok(count)
        }
        nest_with_ways_out!($next $($rest)*);
    };
}

nest_with_ways_out!(c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20 c21 c22 c23 c24 c25 c26 c27 c28 c29 c30);

#[tokio::test]
async fn thirty_nested_functions_with_ways_out() {
    assert_eq!(
        tokio::spawn(async { c1(&mut 0).await })
            .await
            .unwrap()
            .unwrap(),
        30
    );
}
