import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Answers with what it can do, see README. */
public class Serve {
    static boolean touch(String directory) {
        try {
            Files.writeString(Path.of(directory, "written"), "x");
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    static String report() {
        String words = "";
        File beside = new File(System.getProperty("java.class.path"), "data");
        if (beside.canRead()) words += "reads\n";
        String state = System.getenv("STATE_DIRECTORY");
        if (state != null && touch(state)) words += "state\n";
        if (touch(".")) words += "directory\n";
        if (new File("/home/ann/private").exists()) words += "home\n";
        try {
            InetAddress.getByName("localhost");
            words += "resolves\n";
        } catch (IOException unknown) {
            return words;
        }
        return words;
    }

    static void answer(Socket client) {
        try (client) {
            BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream()));
            for (String line = in.readLine(); line != null && !line.isEmpty(); ) line = in.readLine();
            client.getOutputStream().write(("HTTP/1.0 200 OK\r\n\r\n" + report()).getBytes());
        } catch (IOException gone) {
            return;
        }
    }

    public static void main(String[] words) throws IOException {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (ServerSocket server = new ServerSocket(Integer.parseInt(words[words.length - 1]), 5, here)) {
            while (true) {
                Socket client = server.accept();
                new Thread(() -> answer(client)).start();
            }
        }
    }
}
