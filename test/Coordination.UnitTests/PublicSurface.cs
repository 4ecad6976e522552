using System.Globalization;
using System.Reflection;
using System.Text;

namespace Coordination.UnitTests;

/// <summary>The public members of an assembly as text: sorted, one a line, with what a caller sees of each.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Lists everything that a user of the assembly can name.</summary>
    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Header(type)}\n");
            foreach (var line in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {line}\n");
            }
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : "class";
        var modifier = type.IsAbstract && type.IsSealed ? "static "
            : type.IsInterface || type.IsValueType ? string.Empty
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed " : string.Empty;
        var bases = type.IsEnum ? [] : new[] { type.BaseType }
            .Concat(type.GetInterfaces())
            .OfType<Type>()
            .Where(parent => parent != typeof(object) && parent != typeof(ValueType))
            .Select(parent => Name(parent))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return $"{modifier}{kind} {type.Namespace}.{Name(type)}{(bases.Length == 0 ? string.Empty : $" : {string.Join(", ", bases)}")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}");
        }

        var fields = type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily).Select(Describe);
        var constructors = type.GetConstructors(Declared).Where(Visible).Select(constructor => $"{Name(type)}({Parameters(constructor)})");
        var properties = type.GetProperties(Declared).Where(property => property.GetAccessors(nonPublic: true).Any(Visible)).Select(Describe);
        var events = type.GetEvents(Declared).Where(happening => happening.AddMethod is { } add && Visible(add)).Select(happening => $"event {Name(happening.EventHandlerType!)} {happening.Name}");
        var methods = type.GetMethods(Declared)
            .Where(method => Visible(method) && !method.Name.StartsWith('<') && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)))
            .Select(Describe);
        return fields.Concat(constructors).Concat(properties).Concat(events).Concat(methods);
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Describe(FieldInfo field) =>
        $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty)}{Name(field.FieldType)} {field.Name}" +
        (field.IsLiteral ? $" = {field.GetRawConstantValue()}" : string.Empty);

    private static string Describe(PropertyInfo property)
    {
        var accessors = string.Concat(
            property.GetMethod is { } get && Visible(get) ? " get;" : string.Empty,
            property.SetMethod is not { } set || !Visible(set) ? string.Empty
                : set.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") ? " init;" : " set;");
        var isStatic = property.GetAccessors(nonPublic: true)[0].IsStatic;
        return $"{(isStatic ? "static " : string.Empty)}{Name(property.PropertyType, Nullability.Create(property))} {property.Name} {{{accessors} }}";
    }

    private static string Describe(MethodInfo method)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : string.Empty;
        return $"{(method.IsStatic ? "static " : string.Empty)}{Name(method.ReturnType, Nullability.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select((parameter, place) =>
    {
        var isExtended = place == 0 && method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute), inherit: false);
        var by = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : isExtended ? "this " : string.Empty;
        return $"{by}{Name(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}{Default(parameter)}";
    }));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? string.Empty
        : parameter.DefaultValue is string text ? $" = \"{text}\""
        : $" = {Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture) switch { null or "" => "default", var value => value }}";

    private static string Name(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{Name(value)}?";
        }

        var mark = nullability is { ReadState: NullabilityState.Nullable } && !type.IsValueType && !type.IsGenericParameter ? "?" : string.Empty;
        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (!type.IsGenericType)
        {
            return type.Name + mark;
        }

        var arguments = type.GetGenericArguments().Select((argument, place) =>
            Name(argument, nullability?.GenericTypeArguments.Length > place ? nullability.GenericTypeArguments[place] : null));
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>{mark}";
    }
}
