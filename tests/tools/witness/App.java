// Says how it was started, and stays: see ../README.
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class App {
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + '"';
    }

    static String listed(Stream<String> texts) {
        return texts.map(App::quoted).collect(Collectors.joining(",", "[", "]"));
    }

    public static void main(String[] arguments) throws Exception {
        String[] words = Files.readString(Path.of("/proc/self/cmdline")).split("\0");
        String environment = System.getenv().entrySet().stream()
            .map(entry -> quoted(entry.getKey()) + ":" + quoted(entry.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
        System.out.println("WITNESS {\"interpreter\":" + quoted(Path.of("/proc/self/exe").toRealPath().toString())
            + ",\"prefix\":" + quoted(System.getProperty("java.home"))
            + ",\"argv\":" + listed(Arrays.stream(arguments))
            + ",\"words\":" + listed(Arrays.stream(words).skip(1))
            + ",\"cwd\":" + quoted(System.getProperty("user.dir"))
            + ",\"env\":" + environment + "}");
        if (!"once".equals(System.getenv("WITNESS"))) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
