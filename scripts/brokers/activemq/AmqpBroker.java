// Starts one ActiveMQ Classic broker that speaks AMQP 1.0, run from this source by the JDK's launcher: its usual start needs
// Spring for reading one configuration file, this needs the broker alone. Everything but the ports, the folder and the one
// user is ActiveMQ's own default, above all where dead letters go (ActiveMQ.DLQ). Ends with SIGTERM.
//
// Arguments: folder, user, password, then the connectors' addresses. Prints "ready" once it takes connections.

import java.io.File;
import java.util.List;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.security.AuthenticationUser;
import org.apache.activemq.security.SimpleAuthenticationPlugin;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;

public class AmqpBroker {
  private static final long STORE_LIMIT_BYTES = 1L << 30;
  private static final long TEMPORARY_LIMIT_BYTES = 128L << 20;
  private static final int JOURNAL_FILE_BYTES = 8 << 20;

  public static void main(String[] words) throws Exception {
    File folder = new File(words[0]);
    BrokerService broker = new BrokerService();
    broker.setBrokerName("localhost");
    broker.setDataDirectory(folder.getPath());
    // No management port, and the hook below instead of the broker's own: it then ends in one order.
    broker.setUseJmx(false);
    broker.setUseShutdownHook(false);

    KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
    store.setDirectory(new File(folder, "kahadb"));
    store.setJournalMaxFileLength(JOURNAL_FILE_BYTES);
    broker.setPersistenceAdapter(store);
    broker.getSystemUsage().getStoreUsage().setLimit(STORE_LIMIT_BYTES);
    broker.getSystemUsage().getTempUsage().setLimit(TEMPORARY_LIMIT_BYTES);

    AuthenticationUser user = new AuthenticationUser(words[1], words[2], "admins");
    SimpleAuthenticationPlugin login = new SimpleAuthenticationPlugin(List.of(user));
    login.setAnonymousAccessAllowed(false);
    broker.setPlugins(new BrokerPlugin[] {login});

    for (int each = 3; each < words.length; each += 1) broker.addConnector(words[each]);
    broker.start();
    broker.waitUntilStarted();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(broker)));
    System.out.println("ready");
    broker.waitUntilStopped();
  }

  private static void stop(BrokerService broker) {
    try {
      broker.stop();
    } catch (Exception failure) {
      failure.printStackTrace();
    }
  }
}
