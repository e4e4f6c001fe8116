//! Words by what they do to the meaning of a name, in lower case, with blanks between them.

/// Words that only say that it is an error, and words of grammar.
pub(super) const FILLER: &str = "\
    error errors err exception failure failures failed fail fault kind is was has got \
    by to from on in at the a an of for with while during before after e";

/// Connections, and the protocols that they speak.
pub(super) const LINKS: &str = "\
    connection connections conn connect connecting socket stream channel transport network \
    net link wire pipe io os ip tcp udp tls ssl quic http https http1 http2 http3 h2 h3 ws \
    websocket grpc rpc ssh ftp sftp smtp imap mqtt amqp ldap nats socks tunnel";

/// The other end of a connection, or a place on the way there.
pub(super) const PLACES: &str = "\
    server servers host hosts peer peers remote client upstream downstream backend \
    backends broker brokers node nodes cluster replica replicas primary master leader \
    coordinator controller shard endpoint endpoints gateway proxy service services system \
    database db storage cache queue pool registry api dns resolver nameserver resource \
    resources provider auth authentication authorization oauth identity login sql pg \
    postgres postgresql mysql sqlite redis mongo mongodb kafka rabbitmq cassandra scylla \
    clickhouse etcd consul zookeeper vault s3 aws gcp azure elasticsearch";

/// Messages, and what a client does with them.
pub(super) const ACTS: &str = "\
    request requests response responses reply call rpc operation op query statement \
    command transaction job task message packet frame header headers body data read \
    reading write writing send sending recv receive receiving accept open opening shutdown \
    handshake resolve lookup acquire acquiring checkout get fetch poll ping heartbeat wait \
    waiting lock attempt flush upload download batch commit publish consume keepalive keep \
    alive idle flow";

/// States of a connection or of a server, and how long they last.
pub(super) const STATES: &str = "\
    reset refused closed close closing lost dropped aborted abort interrupted terminated \
    broken gone down disconnected unreachable unavailable hangup eof early premature \
    prematurely unexpectedly suddenly temporary temporarily transient transiently \
    currently now again later timeout timed out retryable retriable establish established \
    could unable all cleared";

/// The passing of time.
pub(super) const TIME: &str = "\
    time timer timeout deadline elapsed expired exceeded reached passed hit fired occurred";

/// Words for a wrong setting or a wrong request, and negations.
pub(super) const MISTAKES: &str = "\
    invalid wrong missing unknown illegal incorrect malformed unsupported undefined unset \
    bad negative zero empty too required disabled duplicate ambiguous mismatch overflow \
    range bounds no not non never without cannot";

/// Settings and how they are read.
pub(super) const SETTINGS: &str =
    "config configuration setting settings option value format parse parser";

/// Terms that run out by rule, not because the other side is slow.
pub(super) const TERMS: &str = "\
    session trial token subscription license licence otp offer auction bid reservation \
    booking cart basket invitation invite challenge game turn vote voting ban membership \
    lease code voucher coupon quote contract warranty grace period";

/// An outcome that is still to come.
pub(super) const UNDECIDED: &str = "\
    pending progress processing ongoing waiting awaiting started yet incomplete unfinished \
    queued scheduled delayed deferred retry busy slow overloaded loading";

/// A failure on the way to the decision that the rest of the name speaks of.
pub(super) const ELSEWHERE: &str = "\
    server service backend upstream endpoint connection connect network transport host \
    unavailable unreachable down offline lost closed reset refused disconnected internal \
    interrupted temporary transient cache lock pool thread io";

/// Parts of a distributed system that move, fail over and come back: one that is missing now may be
/// there later.
pub(super) const COMING_AND_GOING: &str = "\
    leader host hosts hostname broker brokers coordinator controller primary master \
    replica replicas node nodes server servers peer peers member shard quorum service \
    services upstream backend gateway endpoint connection socket transport network cluster \
    proxy worker instance pod dns sentinel";

/// Parts of a program or of a request. Two of them that conflict do so the next time, too.
pub(super) const WRITTEN: &str = "\
    argument arguments arg args option options flag flags type types name names schema \
    feature features dependency dependencies config configuration settings import symbol \
    attribute attributes parameter parameters key header rule rules method methods \
    resolver resolution handler marker style";

/// Things with a version that a concurrent writer changes.
pub(super) const VERSIONED: &str = "\
    row record document doc entity item object aggregate resource state revision etag \
    optimistic lock locking stale expected event stream concurrent concurrency write \
    update node commit";

/// Space and seats, which waiting does not free.
pub(super) const SPACE: &str = "\
    disk storage space mailbox file files memory heap size volume inode filesystem seat \
    seats user users account accounts project projects";

/// Units in which calls are limited.
pub(super) const COUNTED: &str = "\
    rate api call calls usage request requests query throughput bandwidth provisioned \
    concurrency concurrent connection connections tps qps rps minute \
    second service server client";

/// Things that one holds while others wait for them.
pub(super) const HELD: &str = "\
    database db sqlite resource file lock table row record device object snapshot recovery \
    mutex text executable";

/// Kinds of tokens that authenticate no caller: they mark a place, a turn or an invitation.
pub(super) const OTHER_TOKENS: &str = "\
    page pagination cursor sync continuation next lock lease fencing resume upload push device \
    cancellation cancel verification confirmation invitation invite checkout payment card idempotency";

/// A success, or a failure to write or to read what is sent.
pub(super) const ENCODED: &str =
    "success succeeded completed serialization deserialization decode encode builder";
