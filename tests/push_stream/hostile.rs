//! Callers who mean no good: none of them gets more than an error, and nobody else notices.

use std::process::Stdio;
use std::time::Duration;

use pubsub_core::{NodeName, Xml};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::browser::{Client, Frame};
use crate::gateway::{HANDSHAKE, Running, SOON, settings};

#[tokio::test]
async fn headers_cannot_be_injected_by_ids_or_explanations() {
    let gateway = Running::start().await;
    for path in [
        "/lp/a%0d%0aX-Evil:1",
        "/lp/%0d%0a%0d%0a%3Cscript%3E",
        "/pub?id=a%0d%0aX-Evil:1",
        "/stats?id=a%0d%0aX-Evil:1",
        "/ev/a%00",
        "/lp/a?callback=f%0d%0aX-Evil:1",
        "/lp/a.b1?eventid=x%0d%0aX-Evil:1&tag=1%0d%0aX-Evil:1",
    ] {
        let answer = gateway
            .get(path, &[("X-Nginx-PushStream-Mode", "polling")])
            .await;
        assert!(!answer.has("x-evil"), "{path}: {answer:?}");
        assert!(!answer.text().contains("<script>"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn what_others_publish_cannot_break_out_of_any_transport() {
    let gateway = Running::start().await;
    let mut events = gateway.stream("/ev/a", &[]).await;
    let mut socket = gateway.websocket("/ws/a").await;
    let mut stream = gateway.stream("/sub/a", &[]).await;
    stream.text_until("</script>\n").await;
    let xml = "<entry><message xmlns='urn:pubsub:push:1' event-id='\"}&#xD;&#xA;&#xD;&#xA;data: {\"id\":99}' \
               event-type='&#xA;id: 7'>&lt;/script&gt;\");alert(1)&#xD;&#xA;&#xD;&#xA;data: {\"id\":99}</message></entry>";
    let node = NodeName::new("a").unwrap();
    gateway.pubsub.publish(&node, Xml(xml)).await.unwrap();
    let event = events.event().await;
    let data: Vec<_> = event
        .lines()
        .filter(|line| line.starts_with("data: "))
        .collect();
    assert_eq!(data.len(), 1, "{event}");
    assert!(data[0].starts_with("data: {\"id\":1,"), "{event}");
    assert_eq!(socket.json().await["id"], 1);
    let call = stream.text_until("</script>\n").await;
    assert_eq!(call.matches("</script>").count(), 1, "{call}");
    gateway.publish("a", "next").await;
    assert_eq!(socket.json().await["text"], "next");
}

#[tokio::test]
async fn requests_that_are_none_are_answered_or_dropped_and_no_more() {
    let gateway = Running::start().await;
    let long = format!(
        "GET /ev/{} HTTP/1.1\r\nHost: x\r\n\r\n",
        "a".repeat(100_000)
    );
    let many = format!("GET /ev/a HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(5000));
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"GET /ev/a HTTP/9.9\r\n\r\n",
        b"GET /ev/a HTTP/1.1\r\nHost\x00: x\r\n\r\n",
        b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ] {
        let mut client = Client::connect(gateway.address).await;
        client.write(bytes).await;
        client.finish().await;
        let answer = client.rest().await;
        let status = answer.split(' ').nth(1).unwrap_or("none");
        assert!(["none", "400", "414", "431"].contains(&status), "{answer}");
    }
    gateway.publish("a", "alive").await;
}

#[tokio::test]
async fn ten_thousand_half_open_requests_keep_nobody_out() {
    let patient = settings(|settings| settings.limits.head_within = Duration::from_mins(6));
    let gateway = Running::with(patient).await;
    // Other tests need some files as well; where there are few, there are fewer clients.
    let count = 10_000.min(support::most_files() / 2);
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_half_open"))
        .args([gateway.address.to_string(), count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    support::within(Duration::from_mins(5), lines.read_line(&mut told))
        .await
        .unwrap();
    assert_eq!(told.trim().parse(), Ok(count));
    let mut socket = gateway.websocket("/ws/a").await;
    gateway.publish("a", "alive").await;
    assert_eq!(socket.json().await["text"], "alive");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_end_is_given_up() {
    let gateway = Running::with(settings(|settings| {
        settings.limits.head_within = Duration::from_millis(200);
    }))
    .await;
    for begun in [
        &b""[..],
        b"GET /ev/a HTTP/1.1\r\nHost:",
        b"POST /pub?id=a HTTP/1.1\r\n",
    ] {
        let mut client = Client::connect(gateway.address).await;
        client.write(begun).await;
        client.closed().await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up() {
    let gateway = Running::with(settings(|settings| {
        settings.limits.stalled = Duration::from_millis(500);
        settings.limits.message = 1 << 20;
    }))
    .await;
    let _stuck = gateway.websocket("/ws/a").await;
    let body = "x".repeat(200_000);
    support::eventually(SOON, async || {
        let answer = gateway.publish("a", &body).await;
        answer.text().contains("\"subscribers\": 0").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_only_pings_owes_us_its_reading() {
    let gateway = Running::with(settings(|settings| {
        settings.limits.stalled = Duration::from_secs(2);
    }))
    .await;
    let mut rude = gateway.websocket("/ws/a").await;
    let ping = crate::browser::masked(0x89, &[0; 125]).repeat(1000);
    // Its pongs are not read, so at some point neither are its pings; and then it is given up.
    let pinging = async {
        while tokio::io::AsyncWriteExt::write_all(&mut rude.stream, &ping)
            .await
            .is_ok()
        {}
    };
    support::within(Duration::from_mins(1), pinging).await;
    gateway.publish("a", "alive").await;
}

#[tokio::test]
async fn a_compressed_bomb_is_refused() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.allows_publish = true;
    }))
    .await;
    let offer = (
        "Sec-WebSocket-Extensions",
        "permessage-deflate; client_max_window_bits",
    );
    let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
    let mut bomb = Vec::with_capacity(1 << 20);
    compress
        .compress_vec(
            &vec![b'x'; 100 << 20],
            &mut bomb,
            flate2::FlushCompress::Sync,
        )
        .unwrap();
    bomb.truncate(bomb.len() - 4);
    assert!(bomb.len() < 200_000);
    let mut socket = gateway.websocket_with("/ws/a", &[offer]).await;
    socket.say(0xc1, &bomb).await;
    assert!(matches!(socket.frame().await, Frame::Close(Some(1009), _)));
    socket.closed().await;
}

/// Runs a test of this program alone, in a process of its own, where its memory is not that of others.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "PUBSUB_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let mut alone = std::process::Command::new(program);
    let alone = alone.args(["--exact", test]).env(ALONE, "1");
    let done = alone.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    false
}

/// The most memory that this process ever had, in bytes.
fn most_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let number = line.split_whitespace().next().unwrap();
    number.parse::<usize>().unwrap() << 10
}

#[tokio::test]
async fn what_a_client_sends_after_it_broke_the_rules_is_not_kept() {
    if !is_alone("hostile::what_a_client_sends_after_it_broke_the_rules_is_not_kept") {
        return;
    }
    let gateway = Running::start().await;
    let before = most_memory();
    // Not masked, as a client's frame must be; and closed, after which nothing comes.
    for end in [&[0x81, 1, b'a'][..], &crate::browser::masked(0x88, b"")] {
        let mut rude = gateway.websocket("/ws/a").await;
        rude.write(end).await;
        // It is read on for a while, and then cut off.
        for _ in 0..64 {
            let zeros = vec![0; 1 << 20];
            let more = tokio::io::AsyncWriteExt::write_all(&mut rude.stream, &zeros);
            if support::within(SOON, more).await.is_err() {
                break;
            }
        }
    }
    let more = most_memory() - before;
    assert!(more < 16 << 20, "{more} bytes more");
}

#[tokio::test]
async fn bodies_that_never_come_hold_nothing_up() {
    let gateway = Running::start().await;
    let mut client = Client::connect(gateway.address).await;
    client
        .write(b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\npart")
        .await;
    client.finish().await;
    assert!(client.rest().await.is_empty() || gateway.get("/healthz", &[]).await.status == 200);
    let answer = gateway.get("/pub?id=a", &[]).await;
    assert!(
        answer.status == 404 || answer.text().contains("\"published_messages\": 0"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn leaving_clients_leave_nothing_behind() {
    let gateway = Running::start().await;
    for round in 0..50 {
        let mut client = Client::connect(gateway.address).await;
        match round % 5 {
            0 => client.send("GET", "/ws/a", &HANDSHAKE, "").await,
            1 => client.send("GET", "/ev/a", &[], "").await,
            2 => client.send("GET", "/sub/a", &[], "").await,
            3 => client.send("GET", "/lp/a", &[], "").await,
            _ => client.write(b"GET /ws/a HTTP/1.1\r\n").await,
        }
        if round % 2 == 0 && round % 5 < 3 {
            client.head().await;
        }
    }
    support::eventually(SOON, async || {
        let metrics = gateway.get("/metrics", &[]).await;
        let are_gone = metrics
            .text()
            .lines()
            .filter(|line| line.starts_with("pubsub_gateway_clients{"))
            .all(|line| line.ends_with(" 0"));
        let info = gateway.get("/stats", &[]).await;
        (are_gone && info.text().contains("\"subscribers\": 0, \"uptime\"")).then_some(())
    })
    .await;
}
